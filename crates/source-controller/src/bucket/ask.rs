//! The first question: who asks, whether there is such a bucket, and in which region it is (contracts/source-controller.md
//! 8).

use jiff::Timestamp;
use reqwest::Response;

use super::failure::Failure;
use super::login::{self, Login, Proof};
use super::store::Store;
use super::wire::Wire;
use super::{BucketError, Buckets, Spec, existence};
use crate::git::clients::Reach;

/// Buckets of which is kept in which region they are.
const MAX_KNOWN: usize = 4096;
/// Most bytes of a security token service's answer.
const MAX_ANSWER: u64 = 1 << 20;

impl Buckets {
    /// Asks for the list, which tells whether there is such a bucket.
    pub(super) async fn first_page(
        &self,
        wire: &Wire<'_>,
        spec: &Spec,
    ) -> Result<(Store, Proof, Response), BucketError> {
        let mut store = spec.store.clone();
        let known = self.regions.lock().get(&store.place()).cloned();
        if let Some(other) = known.and_then(|region| store.told(&region)) {
            store = other;
        }
        let mut is_told = false;
        loop {
            let proof = self.prove(wire, spec, &store).await.map_err(existence)?;
            match wire.ask(&store, || store.list(&proof, None, Timestamp::now())).await {
                Ok(response) => return Ok((store, proof, response)),
                Err(Failure::Answer(refusal)) if !is_told && store.told(&refusal.region).is_some() => {
                    is_told = true;
                    let mut regions = self.regions.lock();
                    if regions.len() >= MAX_KNOWN {
                        regions.clear();
                    }
                    regions.insert(store.place(), refusal.region.clone());
                    store = store.told(&refusal.region).unwrap_or(store);
                }
                Err(failure) if failure.is_no_bucket() => return Err(BucketError::NotFound),
                Err(failure) => return Err(existence(failure)),
            }
        }
    }

    /// What requests carry.
    async fn prove(&self, wire: &Wire<'_>, spec: &Spec, store: &Store) -> Result<Proof, Failure> {
        match (wire.wait(spec.login.prove(store.region())).await?, &spec.login) {
            (Some(proof), _) => proof,
            (None, Login::Ldap(ldap)) => self.log_in(wire, ldap).await,
            (None, _) => Ok(Proof::Nothing),
        }
    }

    async fn log_in(&self, wire: &Wire<'_>, ldap: &login::Ldap) -> Result<Proof, Failure> {
        let (way, now) = (wire.access.namespace(), Timestamp::now());
        if let Some(known) = self.users.known(ldap, way, now) {
            return Ok(Proof::Aws(known));
        }
        let client = self.clients.client(&ldap.tls, wire.access.proxy(), Reach::Anywhere);
        let client = client.map_err(|error| Failure::Identity(error.to_string()))?;
        let wire = &wire.by(client);
        let asked = wire.again(|| async move {
            let response = wire.send(login::ldap_request(ldap)).await?;
            if !response.status().is_success() {
                return Err(Failure::Answer(wire.reason(response).await));
            }
            let status = response.status().as_u16();
            Ok(cloud::Response { status, body: wire.body(response, MAX_ANSWER).await?.into() })
        });
        self.users.learn(ldap, way, &asked.await?, now).map(Proof::Aws)
    }
}
