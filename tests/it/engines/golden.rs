//! Every engine gives the golden output of every model folder that it accepts.

use scarp_infer::{Model, ModelError};

use super::{DECODERS, all, decoders, folder, label};

#[test]
fn every_engine_gives_the_golden_output_of_the_models_that_it_accepts() {
    for name in [
        "tests/fixtures/tiny_model",
        "tests/fixtures/tiny_model_int8",
        DECODERS[0],
        DECODERS[1],
        "models/segformer-lite1",
        "models/segformer-lite1-int8",
    ] {
        let mut accepted = 0;
        for engine in all() {
            // Loading refuses a model whose answer to the golden input is another.
            match Model::load_in(&folder(name), &[engine]) {
                Ok(model) => {
                    let most = model.manifest().golden.max_mean_abs_error;
                    assert!(model.golden_error() <= most, "{name}: {}", label(&model));
                    accepted += 1;
                }
                Err(ModelError::Declined { .. }) => {}
                Err(error) => panic!("{}: {error}", engine.name),
            }
        }
        assert!(accepted > 0, "no engine accepts {name}");
    }
}

#[test]
fn every_engine_says_what_it_runs() {
    for model in decoders() {
        let operators = model.engine().operators();
        assert!(!operators.is_empty(), "{}", label(&model));
        for operator in operators {
            let texts = [&operator.name, &operator.operator, &operator.precision];
            assert!(texts.iter().all(|text| !text.is_empty()), "{operator:?}");
        }
    }
}
