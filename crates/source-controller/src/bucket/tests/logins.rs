//! Who is asked as whom, and what is learned of a store meanwhile.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn the_region_is_learned_once() {
    let store = store(&[("a", "1")]).await;
    store.behave(Behaviour {
        region: Some("eu-central-1".into()),
        access_key: Some("key".into()),
        ..Behaviour::default()
    });
    let (kept, mut spec) = (kept(), s3(&store));
    spec.login = keys("key");
    let (revision, _) = found(&kept.buckets, &spec).await;
    let asked = store.asked();
    assert!(asked[0].contains("/us-east-1/s3/") && asked[1].contains("/eu-central-1/s3/"), "{asked:?}");
    assert!(matches!(resolve(&kept.buckets, &spec, Some(&revision)).await.unwrap(), Resolved::Unchanged));
    assert!(store.asked().iter().all(|asked| asked.contains("/eu-central-1/s3/")));
    // What somebody was told is nobody else's.
    let stranger = Access::to_bucket("other", spec.login.secrets(), Tls::default(), None);
    kept.buckets.resolve(&spec, &stranger, None, &CancellationToken::new()).await.unwrap();
    assert!(store.asked()[0].contains("/us-east-1/s3/"));
    // A bucket may be made anew somewhere else.
    store.behave(Behaviour {
        region: Some("eu-west-1".into()),
        access_key: Some("key".into()),
        ..Behaviour::default()
    });
    found(&kept.buckets, &spec).await;
    let regions = ["/eu-central-1/", "/us-east-1/", "/eu-west-1/"];
    let asked = store.asked();
    assert!(regions.iter().zip(&asked).all(|(region, asked)| asked.contains(region)), "{asked:?}");
    store.behave(Behaviour {
        region: Some("eu-central-1".into()),
        access_key: Some("key".into()),
        ..Behaviour::default()
    });
    // Whoever names one is believed.
    spec.store = Store::S3(S3::new(&store.address(), true, "app", "", Some("us-west-2")).unwrap());
    let told = error(&kept.buckets, &spec).await.to_string();
    assert_eq!(told, "the region is wrong; expecting 'eu-central-1'");
}

#[tokio::test(flavor = "multi_thread")]
async fn ldap_users_log_in_once() {
    let store = store(&[("a", "1")]).await;
    let behaviour = Behaviour {
        access_key: Some("ldap-key".into()),
        user: Some(("ann".into(), CANARY.into())),
        ..Behaviour::default()
    };
    store.behave(behaviour);
    let (kept, mut spec) = (kept(), s3(&store));
    let user = |password: &str| {
        let endpoint = format!("http://{}/sts", store.address());
        let password = password.to_owned().into();
        Login::Ldap(Arc::new(Ldap { endpoint, username: "ann".into(), password, tls: Tls::default() }))
    };
    spec.login = user(CANARY);
    let (revision, _) = found(&kept.buckets, &spec).await;
    resolve(&kept.buckets, &spec, Some(&revision)).await.unwrap();
    let asked = store.asked();
    let logins: Vec<_> = asked.iter().filter(|asked| asked.starts_with("POST")).collect();
    assert_eq!(logins, ["POST /sts"], "and no password in the address");
    // The store has forgotten them, and so they are had anew.
    store.behave(Behaviour {
        access_key: Some("next-key".into()),
        user: Some(("ann".into(), CANARY.into())),
        ..Behaviour::default()
    });
    resolve(&kept.buckets, &spec, Some(&revision)).await.unwrap();
    // What they are may be in a key.
    store.put("app", "ldap-pass", "x");
    store.put("app", "ldap-pass/session-pass", "x");
    let told = error(&kept.buckets, &spec).await.to_string();
    assert_eq!(told, "failed to get '*****' object: it is a folder of '*****/*****'");
    spec.login = user("wrong-pass");
    let told = error(&kept.buckets, &spec).await;
    assert_eq!(told.to_string(), "LDAP authentication failed for ann with *****");
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_that_passes_is_tried_again() {
    let store = store(&[("a", "1")]).await;
    store.behave(Behaviour { busy: 3, ..Behaviour::default() });
    found(&kept().buckets, &s3(&store)).await;
    assert!(store.asked().len() > 3);
    let mut spec = s3_at("127.0.0.1:1", "");
    spec.timeout = Duration::from_millis(500);
    let told = error(&kept().buckets, &spec).await;
    let expected = "Get \"http://127.0.0.1:1/app/\": dial tcp 127.0.0.1:1: connect: connection refused";
    assert_eq!(told.to_string(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_of_a_secret_are_trusted() {
    let store = ObjectStore::start_tls().await.unwrap();
    store.put("app", "a", "1");
    let mut spec = s3(&store);
    spec.store = Store::S3(S3::new(&store.address(), false, "app", "", None).unwrap());
    let kept = kept();
    let told = error(&kept.buckets, &spec).await.to_string();
    assert!(told.contains("certificate"), "{told}");
    let tls = Tls { ca: Some(store.authority().unwrap().as_bytes().to_vec()), identity: None };
    let access = Access::to_bucket("ns", Vec::new(), tls, None);
    let resolved = kept.buckets.resolve(&spec, &access, None, &CancellationToken::new()).await;
    assert!(matches!(resolved, Ok(Resolved::Revision { .. })), "{resolved:?}");
}
