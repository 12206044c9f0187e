//! What no single object says: dependencies, cycles, two owners, fights, deletions that do not end.

use std::time::Duration;

use anyhow::Result;
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use super::bench::{Bench, KUSTOMIZATIONS};
use super::fault::{Fault, config_map};

const SOON: Duration = Duration::from_secs(40);

fn depends_on(names: &[&str]) -> Value {
    let names: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    json!({ "dependsOn": names })
}

/// A Kustomization with a ConfigMap of its name.
fn plain(name: &'static str) -> Fault {
    Fault::new(name).object_of(&config_map(name))
}

#[tokio::test]
async fn dependencies_that_are_not_ready() -> Result<()> {
    let bench = Bench::start("explain-depends").await?;
    let links = ["l0", "l1", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9"];
    let mut faults = vec![
        plain("orphan").with(depends_on(&["nobody"])).says(
            &["Kustomization/NS/nobody"],
            &["does not exist"],
            &["create", "dependsOn"],
        ),
        // The one at the root of a chain of ten cannot be built.
        Fault::new("l0").file("kustomization.yaml", "resources: [gone.yaml]\n").says(
            &["Kustomization/NS/l0", "gone.yaml"],
            &["no such file"],
            &["gone.yaml"],
        ),
    ];
    for pair in links.windows(2) {
        let [before, name] = pair else { continue };
        let fault = plain(name).with(depends_on(&[before]));
        faults.push(if *name == "l9" {
            fault.says(&["Kustomization/NS/l0"], &["gone.yaml"], &["gone.yaml", "explain kustomization/l0"])
        } else {
            fault
        });
    }
    for (name, other) in [("ring-a", "ring-b"), ("ring-b", "ring-c"), ("ring-c", "ring-a")] {
        faults.push(plain(name).with(depends_on(&[other])).says(
            &["ring-a", "ring-b", "ring-c"],
            &["cycle"],
            &["dependsOn"],
        ));
    }
    faults.push(plain("paused").with(json!({ "suspend": true })).says(
        &["Kustomization/NS/paused"],
        &["suspended"],
        &["resume"],
    ));
    bench.inject(&faults).await?;
    let told: Vec<Fault> = faults.into_iter().filter(|fault| !fault.object.is_empty()).collect();
    bench.told(&told).await?;
    let (_, ring) = bench.explain("kustomization/ring-a")?;
    assert!(!ring.contains("it starts by itself"), "{ring}");
    Ok(())
}

#[tokio::test]
async fn two_owners_of_one_object() -> Result<()> {
    let bench = Bench::start("explain-owners").await?;
    let both = |name, other: &'static str| {
        let fault = Fault::new(name).object_of(&config_map("shared"));
        fault.says(&["ConfigMap/NS/shared", other], &["appl"], &["remove"])
    };
    let faults = vec![both("left", "NS/right"), both("right", "NS/left")];
    bench.inject(&faults).await?;
    bench.told(&faults).await
}

#[tokio::test]
async fn a_fight_over_a_field() -> Result<()> {
    let bench = Bench::start("explain-fight").await?;
    let fault = plain("fought").says(
        &["ConfigMap/NS/fought", "/data/key"],
        &["rival-operator"],
        &["remove", "ignore", "stop"],
    );
    bench.inject(std::slice::from_ref(&fault)).await?;
    bench.ns.wait_ready(KUSTOMIZATIONS, "Kustomization", "fought", "True").await?;
    let maps = bench.ns.api("v1", "ConfigMap").await?;
    let fight = async {
        loop {
            let theirs = json!({ "apiVersion": "v1", "kind": "ConfigMap", "data": { "key": "theirs" } });
            maps.patch("fought", &PatchParams::apply("rival-operator").force(), &Patch::Apply(&theirs))
                .await?;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    let faults = std::slice::from_ref(&fault);
    tokio::select! {
        ended = fight => ended,
        told = bench.told(faults) => told,
    }
}

#[tokio::test]
async fn deletions_that_a_finalizer_holds() -> Result<()> {
    let bench = Bench::start("explain-stuck").await?;
    let mut held = config_map("held");
    held["metadata"]["finalizers"] = json!(["warehouse.example.com/protect"]);
    let stuck = Fault::new("stuck").object_of(&held).file("b.yaml", config_map("stays").to_string()).says(
        &["ConfigMap/NS/held"],
        &["warehouse.example.com/protect"],
        &["finalizer"],
    );
    // A namespace that does not end because of what is in it.
    let space = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "NS-ending" } });
    let mut inside = config_map("anchor");
    inside["metadata"]["namespace"] = "NS-ending".into();
    inside["metadata"]["finalizers"] = json!(["warehouse.example.com/protect"]);
    let ending = plain("ending")
        .with(json!({ "targetNamespace": "NS-ending" }))
        .beside(space)
        .beside(inside)
        .says(&["NS-ending"], &["terminat"], &["finalizer", "what keeps"]);
    // A Kustomization that somebody else holds.
    let leaving = plain("leaving").says(
        &["Kustomization/NS/leaving"],
        &["warehouse.example.com/protect"],
        &["finalizer"],
    );
    let faults = vec![stuck, ending, leaving];
    bench.inject(&faults).await?;
    for name in ["stuck", "ending", "leaving"] {
        bench.ns.wait_ready(KUSTOMIZATIONS, "Kustomization", name, "True").await?;
    }
    bench.ns.delete("v1", "Namespace", &bench.fill("NS-ending")).await?;
    let hold =
        json!({ "metadata": { "finalizers": ["finalizers.fluxcd.io", "warehouse.example.com/protect"] } });
    bench.ns.patch(KUSTOMIZATIONS, "Kustomization", "leaving", hold).await?;
    bench.ns.delete(KUSTOMIZATIONS, "Kustomization", "leaving").await?;
    bench.repository.remove("main", "without", &["stuck/object.yaml"])?;
    bench.push(vec![("ending/more.yaml".to_owned(), config_map("more").to_string())]).await?;
    let told = bench.told(&faults).await;
    let free = json!({ "metadata": { "finalizers": null } });
    bench.ns.patch("v1", "ConfigMap", "held", free.clone()).await?;
    bench.ns.objects_in(&bench.fill("NS-ending")).patch("v1", "ConfigMap", "anchor", free.clone()).await?;
    bench.ns.patch(KUSTOMIZATIONS, "Kustomization", "leaving", free).await?;
    bench.ns.wait_gone("v1", "ConfigMap", "held", SOON).await?;
    told
}
