use proptest::prelude::*;
use scarp_int8::{Input, Isa, Pixels, Session, Size, WrongInput};

use crate::reference::{Random, network::Small};

proptest! {
    #[test]
    fn a_network_in_one_block_of_memory_gives_what_its_operators_give_one_by_one(
        height in 8..70usize, width in 8..70usize, fours in 1..4usize, threads in 1..4usize, seed: u64,
    ) {
        let mut random = Random::new(seed);
        let small = Small::new(&mut random, Size { height, width }, fours);
        let network = small.network();
        prop_assert_eq!(network.input(), small.input());
        for isa in Isa::available() {
            let mut session = Session::new(&network, isa, threads);
            // One image after the other: nothing may remain of the first.
            let planes = random.floats(small.input(), -2.0, 2.0);
            let data = random.bytes(3 * 30 * 40);
            let pixels = Pixels {
                data: &data,
                size: Size { height: 30, width: 40 },
                corner: (random.below(30), random.below(40)),
                scale: [0.017; 3],
                shift: [-2.1, -2.0, -1.8],
            };
            for input in [Input::Planes(&planes), Input::Pixels(pixels), Input::Planes(&planes)] {
                let exact = small.one_by_one(isa, input);
                prop_assert_eq!(network.output(), exact.len());
                prop_assert!(session.run(input).unwrap() == exact, "{} with {} threads", isa.name(), threads);
            }
        }
    }
}

#[test]
fn every_set_gives_the_same_logits() {
    let mut random = Random::new(7);
    let small = Small::new(
        &mut random,
        Size {
            height: 96,
            width: 128,
        },
        8,
    );
    let network = small.network();
    let planes = random.floats(small.input(), -2.0, 2.0);
    let exact = small.one_by_one(Isa::best(), Input::Planes(&planes));
    assert!(
        exact.iter().any(|logit| (logit - exact[0]).abs() > 0.1),
        "the image makes no difference"
    );
    for isa in Isa::available() {
        assert!(
            Session::new(&network, isa, 1)
                .run(Input::Planes(&planes))
                .unwrap()
                == exact,
            "{}",
            isa.name()
        );
    }
}

#[test]
fn an_input_of_another_size_is_refused() {
    let size = Size {
        height: 32,
        width: 32,
    };
    let network = Small::new(&mut Random::new(1), size, 1).network();
    let mut session = Session::new(&network, Isa::best(), 1);
    let wrong = session.run(Input::Planes(&[0.0; 5]));
    assert_eq!(
        wrong.unwrap_err(),
        WrongInput {
            found: 5,
            expected: 3 * 32 * 32
        }
    );
    for (size, length, expected) in [
        (size, 3 * 32 * 32 - 1, 3 * 32 * 32),
        (
            Size {
                height: 0,
                width: 7,
            },
            0,
            3,
        ),
    ] {
        let data = vec![0; length];
        let (scale, shift) = ([1.0; 3], [0.0; 3]);
        let wrong = session.run(Input::Pixels(Pixels {
            data: &data,
            size,
            corner: (0, 0),
            scale,
            shift,
        }));
        assert_eq!(
            wrong.unwrap_err(),
            WrongInput {
                found: length,
                expected
            }
        );
    }
}
