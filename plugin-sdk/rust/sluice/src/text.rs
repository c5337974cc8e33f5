use crate::{call, Calls, Decoder, Encoder, Error};

/// Says by which model texts are embedded; part of the key of whatever is kept with the vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmbedderModel {
    pub name: String,
    /// 0 when they are not known before the first answer.
    pub dimensions: u32,
}

/// Returns the model of the embedder. Needs the grant `embed`.
pub fn embedder_model() -> Result<EmbedderModel, Error> {
    let mut answer = call("sluice.embed.model", Encoder::new())?;
    Ok(EmbedderModel { name: answer.string()?, dimensions: answer.u32()? })
}

impl Calls {
    /// Estimates the tokens of a text as a model counts them. Needs the grant `tokens`.
    pub fn count_tokens(
        &self,
        model: &str,
        text: &str,
        then: impl FnOnce(Result<u64, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.tokens.count", Encoder::new().string(model).string(text), Decoder::u64, then)
    }

    /// Turns texts into vectors of unit length, in order. Needs the grant `embed`.
    pub fn embed(
        &self,
        texts: &[&str],
        then: impl FnOnce(Result<Vec<Vec<f32>>, Error>) + 'static,
    ) -> Result<(), Error> {
        let arguments = Encoder::new().list(texts, |encoder, text| encoder.string(text));
        self.ask("sluice.embed.embed", arguments, |answer| answer.list(Decoder::floats), then)
    }
}
