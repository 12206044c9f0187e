//! Clusters of the clouds: where they are, and the tokens that let one in.

use std::sync::Arc;

use super::{Given, Issuer, Recorded, account, answer, at, header};
use crate::{Cloud, Cluster, Described, Provider, Who, base64};

const PEM: &str = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
const EKS: &str = "arn:aws:eks:eu-west-1:123456789012:cluster/my-cluster";
const AKS: &str = "/subscriptions/12345678-1234-1234-1234-123456789012/resourceGroups/my group/providers/Microsoft.ContainerService/managedClusters/c";
const GKE: &str = "projects/p/locations/europe-west4/clusters/c";

fn keys() -> Given {
    Given::of(&[
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_SESSION_TOKEN", "se/ss+ion"),
    ])
}

fn with(exchange: &Arc<Recorded>, machine: Given) -> Cloud {
    Cloud::new(Arc::clone(exchange) as _, Arc::new(machine))
}

#[tokio::test]
async fn a_token_for_eks_is_a_signed_question() {
    let exchange = Arc::new(Recorded::default());
    let cloud = with(&exchange, keys());
    let cluster = Cluster { provider: Provider::Aws, id: EKS };
    let (token, until) = cloud.cluster_token(Who::Machine, cluster).await.unwrap();
    let url = token.strip_prefix("k8s-aws-v1.").expect("a token of EKS");
    let url = String::from_utf8(base64::url(url).unwrap().to_vec()).unwrap();
    // Made by botocore 1.43.11 with the same input (`SigV4QueryAuth` over GetCallerIdentity with `x-k8s-aws-id`).
    let (start, query) = url.split_once('?').unwrap();
    assert_eq!(start, "https://sts.eu-west-1.amazonaws.com/");
    assert_eq!(query.split('&').collect::<Vec<_>>(), EXPECTED);
    assert!(until > at(super::TIME));
    assert!(exchange.asked().is_empty(), "nobody is asked");
}

const EXPECTED: [&str; 9] = [
    "Action=GetCallerIdentity",
    "Version=2011-06-15",
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    "X-Amz-Credential=AKIAEXAMPLE%2F20261130%2Feu-west-1%2Fsts%2Faws4_request",
    "X-Amz-Date=20261130T120000Z",
    "X-Amz-Expires=900",
    "X-Amz-Security-Token=se%2Fss%2Bion",
    "X-Amz-SignedHeaders=host%3Bx-k8s-aws-id",
    "X-Amz-Signature=54930d160d12399c6ecc57406465c4ce095a9cb3e31794b719044a613985465e",
];

#[tokio::test]
async fn eks_says_where_it_is() {
    let body = format!(
        r#"{{"cluster": {{"name": "my-cluster", "endpoint": "https://ABC.gr7.eu-west-1.eks.amazonaws.com", "certificateAuthority": {{"data": "{}"}}}}}}"#,
        base64::to_standard(PEM.as_bytes())
    );
    let exchange = Arc::new(Recorded::new([
        answer(200, &body),
        answer(404, r#"{"__type": "ResourceNotFoundException", "message": "m"}"#),
        answer(200, "{}"),
    ]));
    let cloud = with(&exchange, keys());
    let cluster = Cluster { provider: Provider::Aws, id: EKS };
    let described = cloud.describe(Who::Machine, cluster, None).await.unwrap();
    assert_eq!(
        described,
        Described {
            address: "https://ABC.gr7.eu-west-1.eks.amazonaws.com".to_owned(),
            others: Vec::new(),
            authority: PEM.to_owned()
        }
    );
    assert_eq!(exchange.asked(), ["GET https://eks.eu-west-1.amazonaws.com/clusters/my-cluster"]);
    assert!(header(&exchange.request(0), "authorization").contains("/eu-west-1/eks/aws4_request"));
    for said in [
        "failed to describe EKS cluster: EKS answered 404 ResourceNotFoundException",
        "the answer of EKS is not in its form",
    ] {
        assert_eq!(cloud.describe(Who::Machine, cluster, None).await.unwrap_err().to_string(), said);
    }
    for id in [
        "",
        "arn:aws:eks:evil.com/:1:cluster/x",
        "arn:aws:eks:eu-west-1:1:cluster/",
        "arn:aws:iam::1:role/x",
        "my-cluster",
    ] {
        let error = cloud.describe(Who::Machine, Cluster { id, ..cluster }, None).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "invalid EKS cluster ARN: '{id}'. must match ^arn:aws[\\w-]*:eks:([^:]{{1,100}}):[0-9]{{1,30}}:cluster/(.{{1,200}})$"
            )
        );
    }
}

#[tokio::test]
async fn aks_says_where_it_is() {
    let kubeconfig = |server: &str| {
        let text = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n    server: {server}\n    certificate-authority-data: {}\n",
            base64::to_standard(PEM.as_bytes())
        );
        serde_json::json!({"name": "clusterUser", "value": base64::to_standard(text.as_bytes())})
    };
    let list = serde_json::json!({"kubeconfigs": [kubeconfig("https://public:443"), kubeconfig("https://private:443")]}).to_string();
    let cluster = Cluster { provider: Provider::Azure, id: AKS };
    let who =
        account(&[("azure.workload.identity/tenant-id", "t"), ("azure.workload.identity/client-id", "c")]);
    let tokens = Issuer::default();
    let who = Who::Account { account: &who, tokens: &tokens, audiences: &[] };
    let run = |profile: &str, address: Option<&'static str>| {
        let token = answer(200, r#"{"access_token": "arm", "expires_in": 3600}"#);
        let exchange = Arc::new(Recorded::new([token, answer(200, profile), answer(200, &list)]));
        let cloud = with(&exchange, Given::default());
        async move { (cloud.describe(who, cluster, address).await, exchange) }
    };
    let entra = r#"{"properties": {"aadProfile": {"managed": true}}}"#;
    let (described, exchange) = run(entra, None).await;
    assert_eq!(
        described.unwrap(),
        Described { address: "https://public:443".to_owned(), others: Vec::new(), authority: PEM.to_owned() }
    );
    let path = AKS.replace(' ', "%20");
    assert_eq!(
        exchange.asked(),
        [
            "POST https://login.microsoftonline.com/t/oauth2/v2.0/token".to_owned(),
            format!("GET https://management.azure.com{path}?api-version=2024-05-01"),
            format!(
                "POST https://management.azure.com{path}/listClusterUserCredential?api-version=2024-05-01"
            ),
        ]
    );
    assert_eq!(header(&exchange.request(2), "authorization"), "Bearer arm");
    let (described, _) = run(entra, Some("https://private")).await;
    assert_eq!(described.unwrap().address, "https://private:443");
    let (described, _) = run(entra, Some("https://third")).await;
    assert_eq!(
        described.unwrap_err().to_string(),
        format!(
            "no kubeconfig found for AKS cluster {AKS} matching the specified address 'https://third'. cluster addresses: ['https://public:443', 'https://private:443']"
        )
    );
    let (described, _) = run(r#"{"properties": {}}"#, None).await;
    assert!(
        described.unwrap_err().to_string().contains("does not have Microsoft Entra ID integration enabled")
    );
    let bad = Cluster { id: "/subscriptions/x/../..", ..cluster };
    let error = with(&Arc::default(), Given::default()).describe(who, bad, None).await.unwrap_err();
    assert!(
        error.to_string().starts_with("invalid AKS cluster ID: '/subscriptions/x/../..'. must match "),
        "{error}"
    );
}

#[tokio::test]
async fn gke_says_where_it_is() {
    let body = format!(
        r#"{{"endpoint": "34.1.2.3", "privateClusterConfig": {{"privateEndpoint": "10.0.0.2"}}, "masterAuth": {{"clusterCaCertificate": "{}"}}}}"#,
        base64::to_standard(PEM.as_bytes())
    );
    let token = answer(200, r#"{"access_token": "own", "expires_in": 3600}"#);
    let exchange = Arc::new(Recorded::new([
        token,
        answer(200, &body),
        answer(403, r#"{"error": {"status": "PERMISSION_DENIED"}}"#),
    ]));
    let cloud = with(&exchange, Given::default());
    let cluster = Cluster { provider: Provider::Gcp, id: GKE };
    let described = cloud.describe(Who::Machine, cluster, None).await.unwrap();
    assert_eq!((described.address.as_str(), described.authority.as_str()), ("34.1.2.3", PEM));
    for address in ["34.1.2.3", "https://34.1.2.3/", "https://10.0.0.2:443"] {
        assert!(described.is_at(address), "{address}");
    }
    for address in ["https://evil.example", "34.1.2.30", "http://34.1.2.3", ""] {
        assert!(!described.is_at(address), "{address}");
    }
    assert_eq!(exchange.asked()[1], format!("GET https://container.googleapis.com/v1/{GKE}"));
    assert_eq!(header(&exchange.request(1), "authorization"), "Bearer own");
    let error = cloud.describe(Who::Machine, cluster, None).await.unwrap_err().to_string();
    assert_eq!(error, "failed to describe GKE cluster: GKE answered 403 PERMISSION_DENIED");
    for id in ["", "projects/p/locations/../clusters/c", "projects/p/locations/l/clusters/c/x"] {
        let error =
            cloud.describe(Who::Machine, Cluster { id, ..cluster }, None).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("invalid GKE cluster ID: '{id}'. must match ")), "{error}");
    }
    // Any token of Google's lets one in.
    assert_eq!(cloud.cluster_token(Who::Machine, cluster).await.unwrap().0.as_str(), "own");
}
