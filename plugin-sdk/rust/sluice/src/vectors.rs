use crate::{Calls, Decoder, Encoder, Error};
use std::collections::BTreeMap;

/// Says what a vector is besides its value; searches and deletes compare for equality.
pub type Attributes = BTreeMap<String, String>;

/// Is a value that is found by its vector.
#[derive(Clone, Debug, Default)]
pub struct VectorItem {
    pub key: String,
    pub vector: Vec<f32>,
    pub value: Vec<u8>,
    pub attributes: Attributes,
    /// How long it is kept; without, for as long as there is room.
    pub ttl_millis: Option<u64>,
}

/// Asks for at most `k` values with a cosine of `min_score` or more that have all attributes of `filter`.
#[derive(Clone, Debug, Default)]
pub struct VectorQuery {
    pub vector: Vec<f32>,
    pub k: u32,
    pub min_score: f64,
    pub filter: Attributes,
}

/// Is a value that a search found; `score` is the cosine, -1 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct VectorHit {
    pub key: String,
    pub score: f64,
    pub value: Vec<u8>,
    pub attributes: Attributes,
}

impl Encoder {
    fn attributes(self, attributes: &Attributes) -> Self {
        let sized = self.u32(attributes.len() as u32);
        attributes.iter().fold(sized, |encoder, (name, value)| encoder.string(name).string(value))
    }
}

fn attributes(answer: &mut Decoder) -> Result<Attributes, Error> {
    Ok(answer.list(|answer| Ok((answer.string()?, answer.string()?)))?.into_iter().collect())
}

fn hit(answer: &mut Decoder) -> Result<VectorHit, Error> {
    Ok(VectorHit {
        key: answer.string()?,
        score: answer.f64()?,
        value: answer.blob()?,
        attributes: attributes(answer)?,
    })
}

/// All need the grant `vectors`.
impl Calls {
    /// Stores or replaces a value and answers whether its key is new.
    pub fn upsert_vector(
        &self,
        namespace: &str,
        item: &VectorItem,
        then: impl FnOnce(Result<bool, Error>) + 'static,
    ) -> Result<(), Error> {
        let arguments = Encoder::new()
            .string(namespace)
            .string(&item.key)
            .floats(&item.vector)
            .blob(&item.value)
            .attributes(&item.attributes)
            .optional(item.ttl_millis);
        self.ask("sluice.vectors.upsert", arguments, Decoder::bool, then)
    }

    /// Finds the values whose vectors are most similar, the most similar first.
    pub fn search_vectors(
        &self,
        namespace: &str,
        query: &VectorQuery,
        then: impl FnOnce(Result<Vec<VectorHit>, Error>) + 'static,
    ) -> Result<(), Error> {
        let arguments = Encoder::new()
            .string(namespace)
            .floats(&query.vector)
            .u32(query.k)
            .f64(query.min_score)
            .attributes(&query.filter);
        self.ask("sluice.vectors.search", arguments, |answer| answer.list(hit), then)
    }

    /// Deletes a value and answers whether it was there.
    pub fn delete_vector(
        &self,
        namespace: &str,
        key: &str,
        then: impl FnOnce(Result<bool, Error>) + 'static,
    ) -> Result<(), Error> {
        self.ask("sluice.vectors.delete", Encoder::new().string(namespace).string(key), Decoder::bool, then)
    }

    /// Deletes the values that have all attributes of a filter and answers how many there were.
    pub fn delete_vectors(
        &self,
        namespace: &str,
        filter: &Attributes,
        then: impl FnOnce(Result<u64, Error>) + 'static,
    ) -> Result<(), Error> {
        let arguments = Encoder::new().string(namespace).attributes(filter);
        self.ask("sluice.vectors.deleteWhere", arguments, Decoder::u64, then)
    }
}
