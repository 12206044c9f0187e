//! ServiceAccounts as clouds see them: what stands on one, and the tokens that the API server issues for it. What comes of
//! either is `cloud`'s, and who of them asks is `identity`'s.

mod identity;
mod requests;

pub use identity::{Accounts, Identity, Named, NoAccount, find, identity};
pub use requests::{TokenRequests, read};
