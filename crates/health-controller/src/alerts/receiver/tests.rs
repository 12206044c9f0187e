//! A receiver with a real server, that is there, that is not, and that comes back.

use std::sync::Arc;
use std::time::Duration;

use reconcile_core::metrics::Metrics;
use tokio_util::sync::CancellationToken;

use super::{Counts, Receiver};
use crate::alerts::alert::tests::{over, wrong};
use crate::alerts::message::Message;
use crate::alerts::request::tests::{commit, reporter};
use crate::alerts::settings::Settings;
use crate::alerts::settings::tests::receiver as settings;
use crate::sink::Sink;

fn generic(sink: &Sink, more: &str) -> Settings {
    settings(&format!(
        "- {{name: hook, type: generic, url: '{}', key: k, insecure: true{more}}}",
        sink.url("/")
    ))
}

struct Running {
    receiver: Receiver,
    metrics: Arc<Metrics>,
    stop: CancellationToken,
}

fn start(settings: Settings) -> Running {
    let (metrics, stop) = (Metrics::new(), CancellationToken::new());
    let receiver = Receiver::start(settings, reporter(), Counts::new(&metrics), stop.clone());
    Running { receiver, metrics, stop }
}

impl Running {
    fn tell(&self, message: Message) {
        self.receiver.tell(&Arc::new(message));
    }

    fn count(&self, result: &str) -> u64 {
        let series = format!("flyball_alerts_total{{receiver=\"hook\",result=\"{result}\"}} ");
        let text = self.metrics.render();
        text.lines()
            .find_map(|line| line.strip_prefix(&series))
            .and_then(|count| count.parse().ok())
            .unwrap_or(0)
    }

    async fn until(&self, result: &str, count: u64) {
        for _ in 0..2000 {
            if self.count(result) >= count {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("{result}: {}", self.metrics.render());
    }
}

fn reasons(sink: &Sink) -> Vec<String> {
    let reason = |body: &str| {
        let event: serde_json::Value = serde_json::from_str(body).unwrap();
        event["reason"].as_str().unwrap().to_owned()
    };
    sink.came().iter().map(|came| reason(&came.body)).collect()
}

#[tokio::test]
async fn alerts_come_in_their_order_and_once() {
    let sink = Sink::start().await;
    let running = start(generic(&sink, ""));
    running.tell(Message::Alert(Box::new(wrong(0))));
    running.tell(Message::Alert(Box::new(over())));
    running.tell(commit(true));
    sink.wait_for(2).await;
    running.until("sent", 2).await;
    assert_eq!(reasons(&sink), ["HealthFailed", "Converged"]);
    assert_eq!((running.count("failed"), running.count("dropped")), (0, 0));
}

#[tokio::test]
async fn what_is_not_wanted_is_not_sent() {
    let sink = Sink::start().await;
    let running = start(generic(&sink, ", select: {severities: [error]}"));
    running.tell(Message::Alert(Box::new(over())));
    running.tell(Message::Alert(Box::new(wrong(0))));
    sink.wait_for(1).await;
    assert_eq!(reasons(&sink), ["HealthFailed"]);
}

#[tokio::test]
async fn one_that_is_down_is_told_when_it_is_back() {
    let sink = Sink::start().await;
    sink.answer(503, Vec::new());
    let running = start(generic(&sink, ""));
    running.tell(Message::Alert(Box::new(wrong(0))));
    running.tell(Message::Alert(Box::new(over())));
    running.until("failed", 1).await;
    assert!(running.metrics.render().contains("flyball_alerts_waiting{receiver=\"hook\"} 2"));
    sink.answer(200, Vec::new());
    running.until("sent", 2).await;
    let reasons = reasons(&sink);
    assert_eq!(reasons[reasons.len() - 2..], ["HealthFailed", "Converged"]);
    assert!(running.metrics.render().contains("flyball_alerts_waiting{receiver=\"hook\"} 0"));
}

#[tokio::test]
async fn a_new_address_is_used_for_what_waits() {
    let (old, new) = (Sink::start().await, Sink::start().await);
    // It asks for more patience than the test has.
    old.answer(429, vec![("retry-after", "600".to_owned())]);
    let running = start(generic(&old, ""));
    running.tell(Message::Alert(Box::new(wrong(0))));
    running.until("failed", 1).await;
    running.receiver.change(generic(&new, ""));
    new.wait_for(1).await;
    running.until("sent", 1).await;
    assert_eq!((old.came().len(), new.came().len()), (1, 1));
}

#[tokio::test]
async fn what_is_refused_does_not_hold_up_the_rest() {
    let sink = Sink::start().await;
    sink.answer(422, Vec::new());
    let running = start(generic(&sink, ""));
    running.tell(Message::Alert(Box::new(wrong(0))));
    running.until("refused", 1).await;
    sink.answer(200, Vec::new());
    running.tell(Message::Alert(Box::new(over())));
    running.until("sent", 1).await;
}

#[tokio::test]
async fn what_waits_when_the_process_ends_is_tried_once_more() {
    let sink = Sink::start().await;
    sink.answer(503, vec![("retry-after", "600".to_owned())]);
    let running = start(generic(&sink, ""));
    running.tell(Message::Alert(Box::new(wrong(0))));
    running.tell(Message::Alert(Box::new(over())));
    running.until("failed", 1).await;
    sink.answer(200, Vec::new());
    running.stop.cancel();
    let Running { receiver, metrics, .. } = running;
    receiver.end().await;
    let text = metrics.render();
    assert!(text.contains("flyball_alerts_total{receiver=\"hook\",result=\"sent\"} 2"), "{text}");
}

#[tokio::test]
async fn one_that_is_removed_has_no_series() {
    let sink = Sink::start().await;
    let running = start(generic(&sink, ""));
    assert!(running.metrics.render().contains("receiver=\"hook\""));
    let Running { receiver, metrics, .. } = running;
    receiver.remove();
    assert!(!metrics.render().contains("receiver=\"hook\""));
}
