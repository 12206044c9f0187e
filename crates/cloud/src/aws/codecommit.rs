//! Logins for Git repositories of AWS CodeCommit: a user and a password that is a signature, good for a quarter of an hour
//! (contracts/source-controller.md 12). Nobody is asked for them.

use jiff::Timestamp;

use super::is_region;
use crate::{AwsCredentials, Error, Login, Secret, Signing};

/// A repository of CodeCommit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Repository<'a> {
    host: &'a str,
    path: &'a str,
    /// Where it is.
    pub region: &'a str,
}

impl<'a> Repository<'a> {
    /// By the parts of its address, of which the host has a port only where that is not the scheme's own.
    ///
    /// # Errors
    /// It is no repository of CodeCommit, or not asked for over https.
    pub fn of(scheme: &str, host: &'a str, path: &'a str) -> Result<Self, Error> {
        if scheme != "https" {
            let text = "AWS CodeCommit authentication requires an HTTPS Git URL";
            return Err(Error::Settings(text.to_owned()));
        }
        let rest = host.strip_prefix("git-codecommit.").or_else(|| host.strip_prefix("git-codecommit-fips."));
        let region = rest.and_then(|rest| {
            rest.strip_suffix(".amazonaws.com").or_else(|| rest.strip_suffix(".amazonaws.com.cn"))
        });
        let Some(region) = region.filter(|region| is_region(region)) else {
            let shown = manifest::foreign::line(host, 256);
            return Err(Error::Settings(format!("invalid AWS CodeCommit Git URL: {shown}")));
        };
        let name = path.strip_prefix("/v1/repos/").filter(|name| !name.is_empty() && !name.contains('/'));
        if name.is_none() {
            let shown = manifest::foreign::line(path, 256);
            let url = format!("https://{host}{shown}");
            let text = format!("invalid CodeCommit URL \"{url}\": path must be /v1/repos/{{repository}}");
            return Err(Error::Settings(text));
        }
        Ok(Self { host, path, region })
    }

    /// The login for it at this time.
    #[must_use]
    pub fn login(&self, credentials: &AwsCredentials, now: Timestamp) -> Login {
        let signing = Signing { region: self.region, service: "codecommit", now };
        // A request that is never sent; it has no digest of a body, and its time no zone.
        let canonical = format!("GIT\n{}\n\nhost:{}\n\nhost\n", self.path, self.host);
        let time = now.strftime("%Y%m%dT%H%M%S").to_string();
        let signature = signing.signature(credentials, &canonical, &time);
        let id = &credentials.access_key_id;
        let username = match &credentials.session_token {
            Some(token) => Secret::new(format!("{id}%{}", token.as_str())),
            None => Secret::new(id.clone()),
        };
        Login { username, password: Secret::new(format!("{time}Z{signature}")) }
    }
}
