//! Kubeconfigs from Secrets, in client-go's words (recorded from client-go 0.36).

use super::{Allow, KubeconfigError, RemoteConfig};
use crate::{Connector, Issued, Target, TargetId};
use secrecy::ExposeSecret as _;

/// Every value that must not be told is made of this word.
const CANARY: &str = "canary";

const HEAD: &str = "apiVersion: v1\nkind: Config\ncurrent-context: x\ncontexts: [{name: x, context: {cluster: c, user: u}}]\n";

fn read_with(text: &str, allow: Allow) -> Result<(RemoteConfig, [u8; 32]), KubeconfigError> {
    RemoteConfig::of_kubeconfig(text.as_bytes(), allow)
}

fn read(text: &str) -> Result<(RemoteConfig, [u8; 32]), KubeconfigError> {
    read_with(text, Allow::default())
}

fn parts(cluster: &str, user: &str) -> String {
    format!("{HEAD}clusters: [{{name: c, cluster: {cluster}}}]\nusers: [{{name: u, user: {user}}}]\n")
}

fn refused(text: &str) -> String {
    let error = read(text).expect_err(text);
    assert!(!error.to_string().contains(CANARY), "{error}");
    error.to_string()
}

#[test]
fn what_is_no_kubeconfig() {
    let nothing = "invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable";
    for text in ["", "{}", "kind: Config", HEAD, &parts("{}", "{}"), "~"] {
        assert_eq!(refused(text), nothing, "{text}");
    }
    let type_of = "couldn't get version/kind; json parse error: json: cannot unmarshal";
    let into = "into Go value of type struct { APIVersion string \"json:\\\"apiVersion,omitempty\\\"\"; Kind string \"json:\\\"kind,omitempty\\\"\" }";
    assert_eq!(refused("not a kubeconfig"), format!("{type_of} string {into}"));
    assert_eq!(refused("[]"), format!("{type_of} array {into}"));
    assert_eq!(refused("a: ["), "yaml: line 1: did not find expected node content");
    assert_eq!(refused("a: [b c: d"), "yaml: line 1: did not find expected ',' or ']'");
    for message in ["mapping key \"'s3cret'\" already defined", "invalid map key: s3cret"] {
        let error = manifest::Error::Yaml { document: 0, line: 2, message: message.to_owned() };
        assert_eq!(super::without_content(&error), "yaml: line 2: cannot be read as YAML");
    }
    assert_eq!(
        refused("apiVersion: v1\nkind: Pod\n"),
        "no kind \"Pod\" is registered for version \"v1\" in scheme \"pkg/runtime/scheme.go:111\""
    );
    assert_eq!(
        refused(
            "apiVersion: v1\nkind: Config\ncurrent-context: nope\nclusters: [{name: c, cluster: {server: 'https://h'}}]\n"
        ),
        "invalid configuration: [context was not found for specified context: nope, cluster has no server defined]"
    );
    assert_eq!(
        refused(&parts("{tls-server-name: x}", "{}")),
        "invalid configuration: no server found for cluster \"c\""
    );
}

#[test]
fn what_does_not_fit_is_named_and_not_quoted() {
    let field = |field: &str, found: &str, wanted: &str| {
        format!("json: cannot unmarshal {found} into Go struct field {field} of type {wanted}")
    };
    assert_eq!(
        refused(&parts("{server: 7}", "{}")),
        field("Cluster.clusters.cluster.server", "number", "string")
    );
    assert_eq!(
        refused(&parts("{server: 'https://h'}", "{token: 7}")),
        field("AuthInfo.users.user.token", "number", "string")
    );
    assert_eq!(
        refused(&parts("{server: 'https://h', certificate-authority-data: '!canary'}", "{}")),
        "illegal base64 data at input byte 0"
    );
    assert_eq!(
        refused(&format!(
            "{HEAD}clusters: [{{name: c, cluster: {{server: canary}}}}, {{name: c, cluster: {{server: canary}}}}]\n"
        )),
        "duplicate name \"c\" in list of clusters"
    );
}

/// contracts/kustomize-controller.md 19, the texts of the corrections.
#[test]
fn files_are_refused_also_beside_inline_credentials() {
    let file = |field: &str| format!("{{token: canary, {field}: /etc/canary}}");
    let server = "{server: 'https://h'}";
    for (field, text) in [
        ("tokenFile", "user 'u' references a tokenFile, only an inline token is supported"),
        (
            "client-certificate",
            "user 'u' references a client-certificate file, only client-certificate-data is supported",
        ),
        ("client-key", "user 'u' references a client-key file, only client-key-data is supported"),
    ] {
        assert_eq!(refused(&parts(server, &file(field))), text);
    }
    assert_eq!(
        refused(&parts("{server: 'https://h', certificate-authority: /etc/canary}", "{}")),
        "cluster 'c' references a certificate-authority file, only certificate-authority-data is supported"
    );
    // Also where no context uses the entry.
    let unused = parts(server, "{}")
        .replace("name: u, user: {}", "name: u, user: {}}, {name: other, user: {tokenFile: /x}");
    assert_eq!(refused(&unused), "user 'other' references a tokenFile, only an inline token is supported");
}

#[test]
fn credentials_have_to_fit_together() {
    let server = "{server: 'https://h'}";
    let invalid = |text: &str| format!("invalid configuration: {text}");
    assert_eq!(
        refused(&parts(server, "{token: canary, username: canary}")),
        invalid(
            "more than one authentication method found for u; found [token basicAuth], only one is allowed"
        )
    );
    assert_eq!(
        refused(&parts(server, "{client-certificate-data: Y2FuYXJ5}")),
        invalid(
            "client-key-data or client-key must be specified for u to use the clientCert authentication method."
        )
    );
    assert_eq!(
        refused(&parts(server, "{exec: {command: canary}}")),
        invalid(
            "[apiVersion must be specified for u to use exec authentication plugin, interactiveMode must be specified for u to use exec authentication plugin]"
        )
    );
    assert_eq!(
        refused(&parts("{server: 'https://h', proxy-url: 'ftp://a:canary@x'}", "{}")),
        invalid("invalid 'proxy-url' for cluster \"c\": it must be a URL with scheme http, https, or socks5")
    );
}

/// What is read well and cannot be used has no words about the kubeconfig before it.
#[test]
fn what_cannot_be_used() {
    let unusable = |text: &str| {
        let error = read(text).expect_err(text);
        assert!(matches!(error, KubeconfigError::Unusable(_)), "{error:?}");
        error.to_string()
    };
    let server = "{server: 'https://h'}";
    assert_eq!(
        unusable(&parts("{server: 'https://h', certificate-authority-data: YWJj}", "{}")),
        "unable to load root certificates: unable to parse bytes as PEM block"
    );
    assert_eq!(
        unusable(&parts(server, "{client-certificate-data: YWJj, client-key-data: YWJj}")),
        "tls: failed to find any PEM data in certificate input"
    );
    for server in ["'ht tp:// canary'", "'https://user:canary@h'", "'https://'"] {
        assert_eq!(
            unusable(&parts(&format!("{{server: {server}}}"), "{}")),
            "host must be a URL or a host:port pair without user information"
        );
    }
}

#[test]
fn what_is_used() {
    let (remote, _) =
        read(&parts("{server: 'https://h:6443/base', tls-server-name: name}", "{token: canary}")).unwrap();
    assert_eq!(remote.config.cluster_url.to_string(), "https://h:6443/base");
    assert_eq!(remote.config.tls_server_name.as_deref(), Some("name"));
    assert_eq!(
        remote.config.auth_info.token.as_ref().map(|token| token.expose_secret().to_owned()).as_deref(),
        Some(CANARY)
    );
    let (remote, _) = read(&parts("{server: 'https://h'}", "{username: a, password: canary}")).unwrap();
    assert_eq!(remote.config.auth_info.username.as_deref(), Some("a"));
    assert!(!format!("{remote:?}").contains(CANARY));
    let proxied = parts("{server: 'https://h', proxy-url: 'socks5://p:1080'}", "{token: canary}");
    assert_eq!(read(&proxied).unwrap().0.config.proxy_url.unwrap().to_string(), "socks5://p:1080/");
}

#[test]
fn credentials_are_not_sent_in_the_clear() {
    for server in ["http://h", "h:6443"] {
        let (remote, _) = read(&parts(&format!("{{server: '{server}'}}"), "{token: canary}")).unwrap();
        assert_eq!(remote.config.cluster_url.scheme_str(), Some("http"));
        assert!(remote.config.auth_info.token.is_none(), "{server}");
    }
}

/// Programs, plugins, impersonation and the leave not to verify are left out in silence.
#[test]
fn what_leads_outside_is_dropped() {
    let exec = "{exec: {command: /bin/canary, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}, auth-provider: {name: gcp}, as: admin, as-groups: ['system:masters']}";
    let text = parts("{server: 'https://h', insecure-skip-tls-verify: true}", exec);
    let (remote, strict) = read(&text).unwrap();
    let info = &remote.config.auth_info;
    assert!(info.exec.is_none() && info.auth_provider.is_none() && info.impersonate.is_none());
    assert!(info.impersonate_groups.is_none() && !remote.config.accept_invalid_certs);
    let (remote, lax) = read_with(&text, Allow { insecure_tls: true }).unwrap();
    assert!(remote.config.accept_invalid_certs);
    assert_ne!(strict, lax);
}

#[test]
fn the_digest_is_of_what_is_used() {
    let of = |cluster: &str, user: &str| read(&parts(cluster, user)).unwrap().1;
    let first = of("{server: 'https://h'}", "{token: a}");
    assert_eq!(
        first,
        of("{server: 'https://h', extensions: []}", "{token: a, as: b}"),
        "what is dropped is not in it"
    );
    let others = [
        of("{server: 'https://i'}", "{token: a}"),
        of("{server: 'https://h'}", "{token: b}"),
        of("{server: 'https://h'}", "{username: a}"),
        of("{server: 'https://h'}", "{password: a}"),
        of("{server: 'https://h', tls-server-name: a}", "{token: a}"),
        of("{server: 'https://h', proxy-url: 'http://p'}", "{token: a}"),
    ];
    let all: std::collections::BTreeSet<_> = others.iter().chain([&first]).collect();
    assert_eq!(all.len(), 7);
}

fn tokens() -> Issued {
    crate::install_crypto();
    let config = kube::Config::new("http://h".parse().unwrap());
    let client = Connector::over(config, &crate::ConnectOptions::default()).unwrap().client().unwrap();
    Issued::new(client, "ns", "a", Vec::new())
}

#[tokio::test]
async fn an_address_with_issued_tokens() {
    let of = |address: &str, authority: Option<&str>| {
        let made = RemoteConfig::with_issued(address, authority, tokens(), "ns/a");
        made.map(|(remote, _)| remote.config.cluster_url.to_string()).map_err(|error| error.to_string())
    };
    assert_eq!(of("https://h:6443", None).unwrap(), "https://h:6443/");
    assert_eq!(of("h:6443", Some("")).unwrap(), "https://h:6443/");
    assert_eq!(of("", None).unwrap_err(), "cluster address is required to create a REST config");
    assert_eq!(
        of("https://h", Some("x")).unwrap_err(),
        "unable to load root certificates: unable to parse bytes as PEM block"
    );
    assert!(of("http://h", None).unwrap_err().ends_with("must use https scheme"));
}

/// A remote target is one identity's: who asks makes no difference any more.
#[tokio::test]
async fn a_remote_target_acts_as_one() {
    crate::install_crypto();
    let (config, digest) = read(&parts("{server: 'https://h'}", "{token: canary}")).unwrap();
    let id = TargetId::remote(digest, Some("system:serviceaccount:ns:a".to_owned()));
    let target = Target::remote(id.clone(), config, &crate::ConnectOptions::default()).unwrap();
    assert_eq!(target.id(), &id);
    target.client_as("ns", Some("b")).unwrap();
    assert!(!target.reach().is_up() && target.reach().down_for().is_none(), "nothing was sent");
    assert!(!format!("{target:?}").contains(CANARY));
}
