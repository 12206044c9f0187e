//! That questions arrive as they were built, that answers are bounded, and what is told of files.

use super::{MOST_BYTES, Outside, Surroundings};
use cloud::{Exchange as _, Machine as _, Request};
use std::io::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// Answers once, and gives what it was asked.
async fn answering(answer: Vec<u8>) -> (String, tokio::task::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = vec![0; 4096];
        let read = stream.read(&mut buffer).await.unwrap();
        // Whoever has had enough does not read the rest.
        drop(stream.write_all(&answer).await);
        String::from_utf8_lossy(&buffer[..read]).into_owned()
    });
    (address, asked)
}

fn outside() -> Outside {
    Outside::over(reqwest::Client::builder().tls_certs_only([]).no_proxy().build().unwrap())
}

#[tokio::test]
async fn a_question_and_its_answer() {
    let (address, asked) = answering(b"HTTP/1.1 403 No\r\ncontent-length: 2\r\n\r\nno".to_vec()).await;
    let request =
        Request::get(format!("{address}/a?b=c")).near().header("x-token", "t").header("host", "other");
    let answer = outside().send(request).await.unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (403, b"no".as_slice()));
    let asked = asked.await.unwrap().to_ascii_lowercase();
    assert!(asked.starts_with("get /a?b=c http/1.1\r\n") && asked.contains("\r\nx-token: t\r\n"), "{asked}");
    assert!(!asked.contains("other"), "{asked}");
}

#[tokio::test]
async fn answers_are_bounded() {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", MOST_BYTES + 1).into_bytes();
    answer.resize(answer.len() + MOST_BYTES + 1, b'x');
    let (address, _asked) = answering(answer).await;
    let error = outside().send(Request::get(address)).await.unwrap_err().to_string();
    assert_eq!(error, format!("the answer has more than {MOST_BYTES} bytes"));
}

#[tokio::test]
async fn who_is_not_there_is_told_without_an_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error =
        outside().send(Request::get(format!("http://{address}/secret"))).await.unwrap_err().to_string();
    assert!(
        !error.is_empty() && !error.contains("secret") && !error.contains(&address.to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn files_are_read_whole_or_not() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    writeln!(file, " token ").unwrap();
    let path = file.path().to_str().unwrap().to_owned();
    assert_eq!(Surroundings.file(&path).await.unwrap().as_str(), "token");
    file.write_all(&vec![b'x'; 1 << 17]).unwrap();
    let error = Surroundings.file(&path).await.unwrap_err().to_string();
    assert_eq!(error, format!("cannot read {path}: it is too large"));
    let error = Surroundings.file("/nowhere/token").await.unwrap_err().to_string();
    assert_eq!(error, "cannot read /nowhere/token: entity not found");
}
