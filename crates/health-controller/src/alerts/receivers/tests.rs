//! Receivers that come and go with the Secret, and what stays when it cannot be read.

use std::collections::BTreeMap;
use std::sync::Arc;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use reconcile_core::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use super::{Counts, FILE, Receivers, parsed};
use crate::alerts::alert::tests::wrong;
use crate::alerts::message::Message;
use crate::alerts::request::tests::reporter;
use crate::alerts::settings::tests::receiver;
use crate::sink::Sink;

fn secret(key: &str, text: &str) -> Secret {
    let data = BTreeMap::from([(key.to_owned(), ByteString(text.as_bytes().to_vec()))]);
    Secret { data: Some(data), ..Secret::default() }
}

#[test]
fn a_secret_is_read_as_far_as_it_can_be() {
    let good = "- {name: a, type: msteams, url: https://e.com}";
    let (wanted, problems) = parsed(&secret(FILE, good));
    assert_eq!((wanted.map(|wanted| wanted.len()), problems), (Some(1), Vec::new()));
    let (wanted, problems) = parsed(&secret(FILE, &format!("{good}\n- {{name: b}}")));
    assert_eq!(
        (wanted.map(|wanted| wanted.len()), problems),
        (Some(1), vec!["receiver b: type is missing".to_owned()])
    );
    let (wanted, problems) = parsed(&secret("other", good));
    assert_eq!(
        (wanted.map(|wanted| wanted.len()), problems),
        (Some(0), vec!["it has no key receivers.yaml".to_owned()])
    );
    let (wanted, problems) = parsed(&secret(FILE, "a: ["));
    assert_eq!((wanted, problems), (None, vec!["receivers.yaml is no YAML".to_owned()]), "those before stay");
}

#[tokio::test]
async fn receivers_come_and_go_and_the_one_of_the_flag_stays() {
    let (flag, one, two) = (Sink::start().await, Sink::start().await, Sink::start().await);
    let hook = |name: &str, sink: &Sink| {
        receiver(&format!(
            "- {{name: {name}, type: generic, url: '{}', key: k, insecure: true}}",
            sink.url("/")
        ))
    };
    let (metrics, stop) = (Metrics::new(), CancellationToken::new());
    let receivers = Receivers::start(&flag.url("/"), reporter(), Counts::new(&metrics), stop.clone());
    receivers.change(vec![hook("one", &one)]);
    receivers.tell(&Arc::new(Message::Alert(Box::new(wrong(0)))));
    flag.wait_for(1).await;
    one.wait_for(1).await;
    receivers.change(vec![hook("two", &two)]);
    receivers.tell(&Arc::new(Message::Alert(Box::new(wrong(0)))));
    flag.wait_for(2).await;
    two.wait_for(1).await;
    assert_eq!(one.came().len(), 1);
    let text = metrics.render();
    assert!(!text.contains("receiver=\"one\"") && text.contains("receiver=\"events\""), "{text}");
    let event: serde_json::Value = serde_json::from_str(&flag.came()[0].body).unwrap();
    assert_eq!(
        event["metadata"]["kustomize.toolkit.fluxcd.io/summary"].as_str(),
        event["message"].as_str().and_then(|text| text.lines().next())
    );
    stop.cancel();
    receivers.end().await;
}
