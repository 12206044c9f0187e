//! The artifact server's rules: only artifacts, HEAD, Range, ETag, no listing, no escape.

use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE};
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Bench;

#[tokio::test]
async fn only_artifacts_are_served() -> Result<()> {
    let bench = Bench::start("source-server").await?;
    let repo = bench.git.repository("app")?;
    repo.commit("main", "one", [("a", "1")])?;
    bench.source("app", repo.url(), json!({ "ref": { "branch": "main" } })).await?;
    let object = bench.ready("app").await?;
    let artifact = &object["status"]["artifact"];
    let url = artifact["url"].as_str().context("url")?;
    let tag = format!("\"{}\"", artifact["digest"].as_str().context("digest")?);
    let (root, address) = bench.controller.storage().context("storage")?;
    let client = reqwest::Client::new();

    let whole = client.get(url).send().await?;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.headers()[ETAG], tag.as_str());
    assert_eq!(whole.headers()[ACCEPT_RANGES], "bytes");
    let bytes = whole.bytes().await?;
    assert_eq!(json!(bytes.len()), artifact["size"]);

    let head = client.head(url).send().await?;
    assert_eq!(head.headers()[CONTENT_LENGTH], bytes.len().to_string().as_str());
    assert!(head.bytes().await?.is_empty());

    let part = client.get(url).header(RANGE, "bytes=2-5").send().await?;
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()[CONTENT_RANGE], format!("bytes 2-5/{}", bytes.len()).as_str());
    assert_eq!(part.bytes().await?, bytes.slice(2..6));
    let beyond = client.get(url).header(RANGE, "bytes=999999-").send().await?;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let stale = client.get(url).header(RANGE, "bytes=2-5").header(IF_RANGE, "\"other\"").send().await?;
    assert_eq!(stale.status(), StatusCode::OK);
    let same = client.get(url).header(IF_NONE_MATCH, &tag).send().await?;
    assert_eq!(same.status(), StatusCode::NOT_MODIFIED);
    let post = client.request(Method::POST, url).send().await?;
    assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);

    let base = format!("http://{address}");
    let probe = client.get(&base).send().await?;
    assert_eq!((probe.status(), probe.bytes().await?.len()), (StatusCode::OK, 0));
    std::fs::write(root.join("secret"), "x")?;
    std::fs::write(root.join("gitrepository").join(bench.ns.name()).join("app/.tmp-x"), "x")?;
    std::os::unix::fs::symlink(
        "/etc/passwd",
        root.join("gitrepository").join(bench.ns.name()).join("app/out"),
    )?;
    let ns = bench.ns.name();
    for path in [
        "gitrepository".to_owned(),
        format!("gitrepository/{ns}/app"),
        format!("gitrepository/{ns}/app/"),
        format!("gitrepository/{ns}/app/.tmp-x"),
        format!("gitrepository/{ns}/app/out"),
        format!("gitrepository/{ns}/app/none.tar.gz"),
        "secret".to_owned(),
        ".clones".to_owned(),
        "%2e%2e/etc/passwd".to_owned(),
        "gitrepository/..%2f..%2fsecret/a/b".to_owned(),
    ] {
        assert_eq!(
            client.get(format!("{base}/{path}")).send().await?.status(),
            StatusCode::NOT_FOUND,
            "{path}"
        );
    }
    // A client that normalises nothing.
    for path in ["/../../etc/passwd", "//etc/passwd", "/gitrepository/../../../etc/passwd", "/%00/a/b/c"] {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        tokio::time::timeout(Duration::from_secs(5), stream.read_to_string(&mut answer)).await??;
        assert!(answer.starts_with("HTTP/1.1 404") || answer.starts_with("HTTP/1.1 400"), "{path}: {answer}");
    }
    Ok(())
}
