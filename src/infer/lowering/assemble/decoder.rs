//! The way out of the network: SegFormer's decoder and its classifier.

use scarp_int8::{Branch, Decoder, MAPS, Operator, TensorId, Upsample};

use super::{
    super::{
        Unfused,
        ir::{Id, Value},
    },
    Assembly,
};

impl Assembly<'_> {
    /// The way out: a decoder's logits, at the picture's size where the network itself brings them there.
    pub(super) fn answer(&mut self, output: Id) -> Result<(), Unfused> {
        let Value::Upsampled { of } = self.values.get(output) else {
            self.decoder(output)?;
            return Ok(());
        };
        let (from, to) = (self.values.shape(*of), self.values.shape(output));
        let layer = Upsample {
            from: from.size,
            to: to.size,
            channels: from.channels,
        };
        let logits = self.decoder(*of)?;
        self.add(output, Operator::Upsample(layer, logits));
        Ok(())
    }

    /// Classifier, ReLU, and the sum of the finest map's projection and the coarser maps upsampled.
    fn decoder(&mut self, output: Id) -> Result<TensorId, Unfused> {
        let product = self
            .product(output)
            .ok_or_else(|| self.refuse(output, "is no classifier of bytes"))?;
        let classify = self.linear(output, &product)?;
        let (relu, fused) = self.bytes_of(product.of)?;
        let Value::Relu { of: sum } = self.values.get(relu) else {
            return Err(self.refuse(relu, "is no ReLU"));
        };
        let (mut finest, mut coarse) = (None, Vec::new());
        for term in self.terms(*sum) {
            match self.values.get(term) {
                Value::Upsampled { of } => coarse.push(*of),
                Value::Product { .. } if finest.is_none() => finest = Some(term),
                _ => return Err(self.refuse(term, "is no term of the decoder's sum")),
            }
        }
        let finest = finest.ok_or_else(|| self.refuse(*sum, "has no map at full size"))?;
        if coarse.len() > MAPS || product.window.is_some() {
            return Err(self.refuse(*sum, "is no decoder that is known here"));
        }
        let (finest, finest_bytes) = self.decoder_branch(finest)?;
        let mut branches = Vec::new();
        let mut maps = Vec::new();
        for map in coarse {
            let (branch, bytes) = self.decoder_branch(map)?;
            branches.push(branch);
            maps.push(bytes);
        }
        let layer = Decoder::new(finest, branches, fused, classify);
        Ok(self.add(output, Operator::Decoder(layer, finest_bytes, maps)))
    }

    /// The projection `id` of a map, and the activation that holds the map.
    fn decoder_branch(&mut self, id: Id) -> Result<(Branch, TensorId), Unfused> {
        let product = self.product(id).filter(|product| product.window.is_none());
        let product = product.ok_or_else(|| self.refuse(id, "is no linear layer of bytes"))?;
        let project = self.linear(id, &product)?;
        let size = self.values.shape(product.of).size;
        Ok((Branch { project, size }, self.bytes(product.of)?))
    }

    /// The terms of nested sums.
    fn terms(&self, id: Id) -> Vec<Id> {
        match self.values.get(id) {
            Value::Sum { of } => of.iter().flat_map(|&term| self.terms(term)).collect(),
            _ => vec![id],
        }
    }
}
