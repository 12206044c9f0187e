//! Flags about where artifacts are and how long they are kept.

use std::path::PathBuf;
use std::time::Duration;

use artifact::store::gc::Retention;
use reconcile_core::flags::{Flag, FlagError, FlagSet, List};
use reconcile_core::gate::size::MemorySize;

use crate::applied::Bound;
use crate::homes::s3::Settings;

/// The server that a bucket is at unless a flag says so.
const ENDPOINT: &str = "s3.amazonaws.com";

/// Handles of the flags.
pub(super) struct StorageFlags {
    ttl: Flag<Duration>,
    records: Flag<usize>,
    applied_records: Flag<usize>,
    applied_size: Flag<MemorySize>,
    peers: Flag<List>,
    bucket: BucketFlags,
}

struct BucketFlags {
    name: Flag<String>,
    endpoint: Flag<String>,
    region: Flag<String>,
    prefix: Flag<String>,
    insecure: Flag<bool>,
    credentials: Flag<String>,
}

impl StorageFlags {
    /// Declares the flags.
    pub(super) fn declare(flags: &mut FlagSet) -> Self {
        Self {
            ttl: flags.declare(
                "artifact-retention-ttl",
                "60s",
                "The duration of time that artifacts from previous reconciliations will be kept in storage before being garbage collected.",
            ),
            records: flags.declare(
                "artifact-retention-records",
                "2",
                "The maximum number of artifacts to be kept in storage after a garbage collection.",
            ),
            applied_records: flags.declare(
                "artifact-retention-applied-records",
                "0",
                "The maximum number of artifacts to be kept in storage for each source beside those of '--artifact-retention-records' because the status of a Kustomization names their revision. Needs the right to watch Kustomizations. 0 keeps none.",
            ),
            applied_size: flags.declare(
                "artifact-retention-applied-size",
                "256Mi",
                "The maximum size of the artifacts that '--artifact-retention-applied-records' keeps for each source, in bytes or as a quantity.",
            ),
            peers: flags.declare(
                "storage-peers",
                "",
                "Host names with ports at which the static file servers of all replicas are found, e.g. those of a headless Service. With it a replica that does not lead copies artifacts from the others and serves them.",
            ),
            bucket: BucketFlags::declare(flags),
        }
    }

    /// What is kept besides the published artifact.
    pub(super) fn retention(&self, flags: &FlagSet) -> Retention {
        Retention { ttl: flags.get(self.ttl), records: flags.get(self.records) }
    }

    /// What of it is kept because Kustomizations run it.
    pub(super) fn applied(&self, flags: &FlagSet) -> Result<Bound, FlagError> {
        let (records, bytes) = (flags.get(self.applied_records), flags.get(self.applied_size).0);
        if records > 0 && bytes.is_none() {
            let text = "--artifact-retention-applied-records needs --artifact-retention-applied-size";
            return Err(FlagError::Conflict(text.to_owned()));
        }
        Ok(Bound { records, bytes: bytes.unwrap_or_default() })
    }

    /// Names with ports of other replicas.
    pub(super) fn peers(&self, flags: &FlagSet) -> Result<Vec<String>, FlagError> {
        let peers: Vec<String> = flags.get(self.peers).0;
        match peers.iter().find(|peer| !is_address(peer)) {
            None => Ok(peers),
            Some(peer) => Err(FlagError::Invalid {
                flag: "storage-peers".to_owned(),
                value: peer.clone(),
                reason: "must be a host name or address with a port".to_owned(),
            }),
        }
    }

    /// The object store; none without a name.
    pub(super) fn bucket(&self, flags: &FlagSet) -> Result<Option<Settings>, FlagError> {
        self.bucket.read(flags)
    }
}

/// Whether it is a host with a port.
fn is_address(text: &str) -> bool {
    let is_name = |host: &str| !host.is_empty() && !host.contains(['/', '@', '?', '#', ' ']);
    text.rsplit_once(':').is_some_and(|(host, port)| is_name(host) && port.parse::<u16>().is_ok())
}

impl BucketFlags {
    fn declare(flags: &mut FlagSet) -> Self {
        Self {
            name: flags.declare(
                "storage-bucket-name",
                "",
                "A bucket that speaks Amazon S3's protocol, in which artifacts are kept beside the local storage.",
            ),
            endpoint: flags.declare(
                "storage-bucket-endpoint",
                ENDPOINT,
                "The host, and where needed the port, of the server that '--storage-bucket-name' is at.",
            ),
            region: flags.declare(
                "storage-bucket-region",
                "",
                "The region of '--storage-bucket-name'. Without it that of the endpoint, or us-east-1.",
            ),
            prefix: flags.declare(
                "storage-bucket-prefix",
                "",
                "What the keys of artifacts in '--storage-bucket-name' begin with.",
            ),
            insecure: flags.declare(
                "storage-bucket-insecure",
                "false",
                "Connect to '--storage-bucket-endpoint' by plain HTTP.",
            ),
            credentials: flags.declare(
                "storage-bucket-credentials",
                "",
                "A folder with the files 'accesskey' and 'secretkey', such as a mounted Secret. Without it the identity of the pod at AWS.",
            ),
        }
    }

    fn read(&self, flags: &FlagSet) -> Result<Option<Settings>, FlagError> {
        let credentials = flags.get(self.credentials);
        let settings = Settings {
            name: flags.get(self.name),
            endpoint: flags.get(self.endpoint),
            region: flags.get(self.region),
            prefix: flags.get(self.prefix),
            is_insecure: flags.get(self.insecure),
            credentials: (!credentials.is_empty()).then(|| PathBuf::from(credentials)),
        };
        if settings.name.is_empty() {
            return nameless(&settings).map(|()| None);
        }
        if settings.prefix.split('/').any(|segment| matches!(segment, "." | "..")) {
            return Err(FlagError::Invalid {
                flag: "storage-bucket-prefix".to_owned(),
                value: settings.prefix,
                reason: "must not have '.' or '..' between slashes".to_owned(),
            });
        }
        // Which of them is wrong is told by the text.
        settings.bucket().map_err(|error| {
            let flags = "--storage-bucket-name, --storage-bucket-endpoint and --storage-bucket-region";
            FlagError::Conflict(format!("{flags} name no bucket: {error}"))
        })?;
        Ok(Some(settings))
    }
}

/// Refuses what is said about a bucket that has no name: it would have no effect.
fn nameless(settings: &Settings) -> Result<(), FlagError> {
    let said = [
        ("--storage-bucket-endpoint", settings.endpoint != ENDPOINT),
        ("--storage-bucket-region", !settings.region.is_empty()),
        ("--storage-bucket-prefix", !settings.prefix.is_empty()),
        ("--storage-bucket-insecure", settings.is_insecure),
        ("--storage-bucket-credentials", settings.credentials.is_some()),
    ];
    let said: Vec<_> = said.into_iter().filter_map(|(flag, is_said)| is_said.then_some(flag)).collect();
    if said.is_empty() {
        return Ok(());
    }
    Err(FlagError::Conflict(format!("{} without --storage-bucket-name", said.join(", "))))
}
