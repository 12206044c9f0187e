//! What annotations say.

use super::account;

const ROLE: &str = "eks.amazonaws.com/role-arn";

#[test]
fn a_role_of_aws() {
    for arn in ["arn:aws:iam::123456789012:role/a/path/name", "arn:aws-us-gov:iam::1:role/x:y"] {
        assert_eq!(account(&[(ROLE, arn)]).aws_role(), Ok(arn));
    }
    for arn in [
        "",
        "arn:aws:iam::x:role/a",
        "arn:aws:sts::1:role/a",
        "arn:aws:iam:r:1:role/a",
        "arn:aws:iam::1:user/a",
        "arn:aws:iam::1:role/",
        "arn:other:iam::1:role/a",
    ] {
        assert_eq!(
            account(&[(ROLE, arn)]).aws_role().unwrap_err().to_string(),
            format!(
                "invalid {ROLE} annotation: '{arn}'. must match ^arn:aws[\\w-]*:iam::[0-9]{{1,30}}:role/(.{{1,200}})$"
            )
        );
    }
    assert_eq!(account(&[]).aws_session("eu-west-1"), "kms.apps.eu-west-1.fluxcd.io");
    let mut long = account(&[]);
    long.name = "n".repeat(100);
    assert_eq!(long.aws_session("eu-west-1").len(), 64);
}

#[test]
fn a_client_of_azure() {
    let (tenant, client) = ("azure.workload.identity/tenant-id", "azure.workload.identity/client-id");
    assert_eq!(account(&[(tenant, "t"), (client, "c")]).azure_client(), Ok(("t", "c")));
    assert_eq!(
        account(&[(client, "c")]).azure_client().unwrap_err().to_string(),
        format!("azure tenant ID is not set in the service account annotation {tenant}")
    );
    assert_eq!(
        account(&[(tenant, "t"), (client, "")]).azure_client().unwrap_err().to_string(),
        format!("azure client ID is not set in the service account annotation {client}")
    );
}

#[test]
fn a_pool_and_an_account_of_google() {
    let (pool, email) = ("gcp.auth.fluxcd.io/workload-identity-provider", "iam.gke.io/gcp-service-account");
    let good = "projects/1/locations/global/workloadIdentityPools/p/providers/q";
    assert_eq!(account(&[]).gcp_audience(), Ok(None));
    assert_eq!(account(&[(pool, good)]).gcp_audience(), Ok(Some(format!("//iam.googleapis.com/{good}"))));
    for bad in [
        "projects/x/locations/global/workloadIdentityPools/p/providers/q",
        "projects/1",
        &format!("{good}/x"),
        "//evil",
    ] {
        assert!(account(&[(pool, bad)]).gcp_audience().is_err(), "{bad}");
    }
    assert_eq!(account(&[]).gcp_email(), Ok(None));
    let good = "a-1@b-2.iam.gserviceaccount.com";
    assert_eq!(account(&[(email, good)]).gcp_email(), Ok(Some(good)));
    for bad in ["a@b.com", "a/../b@c.iam.gserviceaccount.com", "@b.iam.gserviceaccount.com"] {
        let error = account(&[(email, bad)]).gcp_email().unwrap_err().to_string();
        assert!(error.starts_with(&format!("invalid {email} annotation: '{bad}'. must match ^")), "{error}");
    }
}

#[test]
fn a_login_at_vault() {
    let plain = account(&[]);
    assert_eq!((plain.vault_login_path(), plain.vault_role().as_str()), (None, "apps_kms"));
    let said = account(&[
        ("transit-engine.auth.fluxcd.io/login-path", "auth/jwt/login"),
        ("transit-engine.auth.fluxcd.io/role", "reader"),
    ]);
    assert_eq!((said.vault_login_path(), said.vault_role().as_str()), (Some("auth/jwt/login"), "reader"));
}
