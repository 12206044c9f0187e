//! What is asked for here is taken from the gate, and given back to it.

use super::InputGate;
use artifact::gate::Gate as _;
use reconcile_core::gate::MemoryGate;

#[tokio::test]
async fn memory_is_the_gate_s() {
    let gate = MemoryGate::new(10);
    let inputs = InputGate(gate.clone());
    let held = inputs.enter("ns", 4).await.ok().unwrap();
    assert!(held.grow(3) && !held.grow(4));
    assert_eq!(gate.reserved(), 7);
    held.shrink_to(2);
    assert_eq!(gate.reserved(), 2);
    drop(held);
    assert_eq!((gate.reserved(), inputs.limit()), (0, 10));
    let refused = inputs.enter("ns", 11).await.err().unwrap();
    assert_eq!((refused.needs, refused.limit), (11, 10));
}
