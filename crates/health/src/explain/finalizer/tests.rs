//! Whose finalizers are.

use super::owner;

#[test]
fn well_known_ones_and_domains() {
    for (finalizer, who) in [
        ("foregroundDeletion", "the garbage collector of kube-controller-manager"),
        ("kubernetes.io/pvc-protection", "kube-controller-manager"),
        ("finalizers.fluxcd.io", "the Flux or Flyball controller of the kind"),
        ("finalizer.managedresource.crossplane.io", "Crossplane, or the provider that made the object"),
        ("acme.cert-manager.io/finalizer", "cert-manager"),
        ("karpenter.sh/termination", "Karpenter"),
        ("elbv2.k8s.aws/resources", "the AWS Load Balancer Controller"),
        ("external-attacher/ebs-csi-aws-com", "the CSI attacher of ebs-csi-aws-com"),
        ("cephcluster.ceph.rook.io", "Rook"),
        ("example.com/guard", "the controller of example.com"),
        ("guard.example.com", "the controller of guard.example.com"),
        ("guard", "whatever controller sets the finalizer guard"),
        ("notcrossplane.io/x", "the controller of notcrossplane.io"),
    ] {
        let found = owner(finalizer);
        assert_eq!(found.who, who, "{finalizer}");
        assert!(!found.hint.is_empty());
    }
}
