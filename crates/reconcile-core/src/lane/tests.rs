//! The list of lanes and their numbers agree.

use super::Lane;

#[test]
fn every_lane_has_the_number_of_its_place() {
    for (place, lane) in Lane::ALL.into_iter().enumerate() {
        assert_eq!(lane.index(), place, "{lane:?}");
        // A new variant does not compile here before it is in the list.
        match lane {
            Lane::Run | Lane::Heal => {}
        }
    }
}
