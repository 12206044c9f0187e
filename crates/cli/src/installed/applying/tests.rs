//! Which flags decide.

use k8s_openapi::api::core::v1::Container;

use super::*;

fn of(args: &[&str], maker: Maker) -> Applying {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let container = Container { args: Some(args), ..Container::default() };
    Applying::of(&Flags::of(Some(&container), "flux-system"), maker)
}

#[test]
fn without_flags_it_is_as_its_maker_has_it() {
    assert_eq!(of(&[], Maker::Flyball), Applying::default());
    assert!(!of(&[], Maker::Flux).strict_substitution);
}

#[test]
fn gates_are_joined_and_the_last_one_is_right() {
    let gates = ["--feature-gates=A=true,StrictPostBuildSubstitutions=true", "--feature-gates", "B=false"];
    assert!(of(&gates, Maker::Flux).strict_substitution);
    let gates = [
        "--feature-gates=StrictPostBuildSubstitutions=true",
        "--feature-gates=StrictPostBuildSubstitutions=false",
    ];
    assert!(!of(&gates, Maker::Flyball).strict_substitution);
}

#[test]
fn the_mac_of_files_is_verified_by_ours_unless_it_is_told_not_to() {
    assert!(of(&["--sops-verify-mac"], Maker::Flyball).verify_mac);
    assert!(!of(&["--sops-verify-mac=false"], Maker::Flyball).verify_mac);
    assert!(!of(&[], Maker::Flux).verify_mac);
}

#[test]
fn lists_and_names_are_read() {
    let args = [
        "--override-manager=helm,argocd",
        "--override-manager=x",
        "--custom-apply-stage-kinds=a/B",
        "--default-service-account=deployer",
    ];
    let found = of(&args, Maker::Flyball);
    assert_eq!(found.overrides, ["helm", "argocd", "x"]);
    assert_eq!(found.stage_kinds, ["a/B"]);
    assert_eq!(found.account, "deployer");
}
