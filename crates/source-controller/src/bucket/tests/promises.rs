//! What all upstreams promise, of a container of Azure's.

use super::*;

/// A container, asked with a shared access signature, and a store that never answers.
struct AzureStage {
    store: ObjectStore,
    silent: std::net::SocketAddr,
    silent_asked: Arc<tokio::sync::Notify>,
    kept: Kept,
}

impl AzureStage {
    async fn new() -> Self {
        let store = store(&[("file.yaml", "one")]).await;
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (silent, silent_asked) = (listener.local_addr().unwrap(), Arc::new(tokio::sync::Notify::new()));
        let asked = Arc::clone(&silent_asked);
        drop(tokio::spawn(async move {
            let mut held = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                held.push(stream);
                asked.notify_one();
            }
        }));
        Self { store, silent, silent_asked, kept: kept() }
    }
}

fn signed(mut spec: Spec) -> (Spec, Access) {
    let pairs =
        [("sv", "2021-12-02"), ("sig", CANARY)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    spec.login = Login::AzureSas(Arc::new(Shared(pairs.into())));
    let access = access(&spec);
    assert!(!format!("{spec:?}").contains(CANARY));
    (spec, access)
}

impl Stage for AzureStage {
    type Upstream = Buckets;

    fn upstream(&self) -> &Buckets {
        &self.kept.buckets
    }

    fn restart(&mut self) {
        self.kept = kept();
    }

    fn spec(&self) -> (Spec, Access) {
        signed(azure(&self.store.address()))
    }

    fn silent(&self) -> (Spec, Access) {
        signed(azure(&self.silent.to_string()))
    }

    async fn asked(&self) {
        self.silent_asked.notified().await;
    }

    fn publish(&self, content: &str) {
        self.store.put("app", "file.yaml", content);
    }

    fn refuse(&self, refuse: bool) {
        self.store.behave(Behaviour { refuse: refuse.then_some(403), ..Behaviour::default() });
    }

    fn content(&self) -> u64 {
        self.kept.received.load(Ordering::Relaxed)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_keep_the_promises_of_an_upstream() {
    contract::check(AzureStage::new().await).await;
}
