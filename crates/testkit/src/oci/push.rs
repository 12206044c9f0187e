//! Pushes artifacts as clients do. What they are is `image`'s.

use anyhow::{Context as _, Result, bail};

use super::image::{Image, digest};

/// Pushes an artifact under a tag (or its digest) as clients do.
///
/// # Errors
/// The registry refuses it.
pub async fn push(
    origin: &str,
    login: Option<(&str, &str)>,
    repository: &str,
    tag: &str,
    image: &Image,
) -> Result<()> {
    let client = reqwest::Client::builder().no_proxy().build()?;
    let with_login = |request: reqwest::RequestBuilder| match login {
        Some((user, password)) => request.basic_auth(user, Some(password)),
        None => request,
    };
    for blob in &image.blobs {
        let begin =
            with_login(client.post(format!("{origin}/v2/{repository}/blobs/uploads/"))).send().await?;
        let location = begin.headers().get("location").context("no place for a blob")?.to_str()?;
        let mut url = begin.url().join(location)?;
        url.query_pairs_mut().append_pair("digest", &digest(blob));
        let done = with_login(client.put(url)).body(blob.clone()).send().await?;
        if !done.status().is_success() {
            bail!("blob: {}", done.text().await?);
        }
    }
    let manifest = client.put(format!("{origin}/v2/{repository}/manifests/{tag}"));
    let manifest =
        with_login(manifest).header("content-type", &image.media_type).body(image.manifest.clone());
    let done = manifest.send().await?;
    if !done.status().is_success() {
        bail!("manifest: {}", done.text().await?);
    }
    Ok(())
}
