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
        wire: &mut Wire<'_>,
        spec: &Spec,
    ) -> Result<(Store, Proof, Response), BucketError> {
        let bucket = (wire.access.namespace().to_owned(), spec.store.place());
        let known = self.regions.lock().get(&bucket).cloned();
        if let Some(store) = known.and_then(|region| spec.store.told(&region)) {
            match self.first_answer(wire, spec, &store).await {
                Ok((proof, response)) => return Ok((store, proof, response)),
                Err(Failure::Cancelled) => return Err(BucketError::Cancelled),
                // A bucket may be somewhere else by now, or whoever told was wrong.
                Err(failure) => {
                    self.regions.lock().remove(&bucket);
                    if wire.is_over() {
                        return Err(absent(failure));
                    }
                }
            }
        }
        let failure = match self.first_answer(wire, spec, &spec.store).await {
            Ok((proof, response)) => return Ok((spec.store.clone(), proof, response)),
            Err(failure) => failure,
        };
        let told = match &failure {
            Failure::Answer(refusal) => Some(&refusal.region),
            _ => None,
        };
        let told = told.and_then(|region| Some((region.clone(), spec.store.told(region)?)));
        let Some((region, store)) = told else { return Err(absent(failure)) };
        let (proof, response) = self.first_answer(wire, spec, &store).await.map_err(absent)?;
        let mut regions = self.regions.lock();
        if regions.len() >= MAX_KNOWN {
            regions.clear();
        }
        regions.insert(bucket, region);
        Ok((store, proof, response))
    }

    /// Asks a store in one region.
    async fn first_answer(
        &self,
        wire: &mut Wire<'_>,
        spec: &Spec,
        store: &Store,
    ) -> Result<(Proof, Response), Failure> {
        if let Login::Ldap(ldap) = &spec.login {
            let way = wire.access.namespace().to_owned();
            if let Some(kept) = self.users.known(ldap, &way, Timestamp::now(), spec.timeout) {
                match listed(wire, store, Proof::Aws(kept)).await {
                    // The store may have forgotten them before their end.
                    Err(failure) if failure.is_denied() => self.users.forget(ldap, &way),
                    outcome => return outcome,
                }
            }
        }
        let proof = self.prove(wire, spec, store).await?;
        listed(wire, store, proof).await
    }

    /// What requests carry.
    async fn prove(&self, wire: &Wire<'_>, spec: &Spec, store: &Store) -> Result<Proof, Failure> {
        if let Login::Ldap(ldap) = &spec.login {
            return self.log_in(wire, ldap).await;
        }
        wire.wait(spec.login.prove(store.region())).await?
    }

    async fn log_in(&self, wire: &Wire<'_>, ldap: &login::Ldap) -> Result<Proof, Failure> {
        let (way, now) = (wire.access.namespace(), Timestamp::now());
        let client = self.clients.client(&ldap.tls, wire.access.proxy(), Reach::Anywhere);
        let client = client.map_err(|error| Failure::Identity(error.to_string()))?;
        let wire = &wire.by(client);
        let asked = wire.again(|| async move {
            let response = wire.send(login::ldap_request(ldap)).await?;
            if !response.status().is_success() {
                return Err(wire.refused(response, super::s3::refusal).await);
            }
            let status = response.status().as_u16();
            Ok(cloud::Response { status, body: wire.body(response, MAX_ANSWER).await?.into() })
        });
        self.users.learn(ldap, way, &asked.await?, now).map(Proof::Aws)
    }
}

/// Asks for the list with this proof.
async fn listed(wire: &mut Wire<'_>, store: &Store, proof: Proof) -> Result<(Proof, Response), Failure> {
    wire.mask(&proof);
    let response = wire.ask(store, || store.list(&proof, None, Timestamp::now())).await?;
    Ok((proof, response))
}

fn absent(failure: Failure) -> BucketError {
    if failure.is_no_bucket() { BucketError::NotFound } else { existence(failure) }
}
