//! The reads of a collection: limits first, then each part that is asked, then one answer of theirs.

use qdrant_edge::{
    CountRequest, FacetRequest, FacetResponse, PointId, QueryRequest, Record, ScoredPoint, ScoringQuery, ScrollRequest,
    VectorInternal, VectorStructInternal, WithPayloadInterface, WithVector,
};
use tonic::Status;

use crate::collection::Collection;
use crate::merge;
use crate::part::Part;
use crate::refusal::{Answer, internal};
use crate::shard_key::Selection;

/// As many points as a scroll gives when it does not say.
const DEFAULT_PAGE: usize = 10;

/// More values than a facet of a test has: a part that gave its own first ones could leave out a value
/// that is among the first of all.
const ALL_VALUES: usize = 1_000_000;

impl Collection {
    pub fn retrieve(
        &self,
        selection: &Selection,
        ids: &[PointId],
        with_payload: &WithPayloadInterface,
        with_vector: &WithVector,
    ) -> Answer<Vec<Record>> {
        let found = self.records(
            selection,
            |part| part.retrieve(ids, with_payload.clone(), with_vector.clone()),
            |found| found,
        )?;
        Ok(one_or(found, |found| merge::retrieved(ids, found)))
    }

    pub fn scroll(&self, selection: &Selection, request: ScrollRequest) -> Answer<(Vec<Record>, Option<PointId>)> {
        if let Some(limits) = self.limits() {
            limits.read(request.limit, request.filter.as_ref(), false, &self.schema())?;
        }
        let pages = self.records(selection, |part| part.scroll(request.clone()), |(records, _next)| records)?;
        let limit = request.limit.unwrap_or(DEFAULT_PAGE);
        Ok(one_or(pages, |pages| match request.order_by.map(Into::into) {
            None => merge::scrolled(limit, pages),
            Some(order) => (merge::ordered(limit, &order, pages), None),
        }))
    }

    pub fn count(&self, selection: &Selection, request: CountRequest) -> Answer<usize> {
        if let Some(limits) = self.limits() {
            limits.read(None, request.filter.as_ref(), request.exact, &self.schema())?;
        }
        self.parts().to_read(selection)?.iter().map(|(_key, part)| part.count(request.clone())).sum()
    }

    pub fn facet(&self, selection: &Selection, request: FacetRequest) -> Answer<FacetResponse> {
        if let Some(limits) = self.limits() {
            limits.read(Some(request.limit), request.filter.as_ref(), request.exact, &self.schema())?;
        }
        let parts = self.parts().to_read(selection)?;
        let limit = request.limit;
        let asked = match parts.len() {
            0 | 1 => request,
            _more => FacetRequest { limit: ALL_VALUES, ..request },
        };
        let found = parts.iter().map(|(_key, part)| part.facet(asked.clone())).collect::<Answer<Vec<_>>>()?;
        Ok(one_or(found, |found| merge::counted(limit, found)))
    }

    /// One page of a query's points.
    pub fn query(&self, selection: &Selection, mut request: QueryRequest) -> Answer<Vec<ScoredPoint>> {
        if let Some(limits) = self.limits() {
            limits.query(&request, &self.schema())?;
        }
        let parts = self.parts().to_read(selection)?;
        // On the server too the offset is none of the shard's business: it gives as many more points.
        let (offset, limit) = (std::mem::take(&mut request.offset), request.limit);
        request.limit = limit.saturating_add(offset);
        if parts.len() > 1 {
            merge::check(request.query.as_ref())?;
        }
        let mut found = Vec::new();
        for (key, part) in &parts {
            let mut request = request.clone();
            if parts.len() > 1 && matches!(request.query, Some(ScoringQuery::Sample(_))) {
                request.limit = part.info().points_count.max(1);
            }
            let mut points = part.query(request)?;
            if let Some(key) = key {
                for point in &mut points {
                    point.shard_key = serde_json::from_value(key.to_json()).map_err(internal)?;
                }
            }
            found.push(points);
        }
        let points =
            one_or(found, |found| merge::queried(request.query.as_ref(), &self.parts().pattern().config(), found));
        Ok(points.into_iter().skip(offset).take(limit).collect())
    }

    /// The stored vector of a point that a query refers to.
    pub fn vector(&self, selection: &Selection, name: &str, id: PointId) -> Answer<VectorInternal> {
        let named = WithVector::Selector(vec![name.to_owned()]);
        let records = self.retrieve(selection, &[id], &WithPayloadInterface::Bool(false), &named)?;
        let record = records
            .into_iter()
            .next()
            .ok_or_else(|| Status::not_found(format!("Not found: No point with id {id} found")))?;
        let found = match record.vector {
            None => None,
            Some(VectorStructInternal::Single(values)) => Some(VectorInternal::Dense(values)),
            Some(VectorStructInternal::MultiDense(rows)) => Some(VectorInternal::MultiDense(rows)),
            Some(VectorStructInternal::Named(mut named)) => named.remove(name),
        };
        found.ok_or_else(|| Status::not_found(format!("Not found: Vector with name {name:?} for point")))
    }

    /// What each part answers, with its key on its records.
    fn records<T>(
        &self,
        selection: &Selection,
        ask: impl Fn(&Part) -> Answer<T>,
        records: impl Fn(&mut T) -> &mut Vec<Record>,
    ) -> Answer<Vec<T>> {
        let mut answers = Vec::new();
        for (key, part) in self.parts().to_read(selection)? {
            let mut answer = ask(&part)?;
            if let Some(key) = key {
                for record in records(&mut answer) {
                    record.shard_key = serde_json::from_value(key.to_json()).map_err(internal)?;
                }
            }
            answers.push(answer);
        }
        Ok(answers)
    }
}

/// The one answer as it is, or what becomes of several or none.
fn one_or<T>(answers: Vec<T>, merge: impl FnOnce(Vec<T>) -> T) -> T {
    match <[T; 1]>::try_from(answers) {
        Ok([one]) => one,
        Err(several) => merge(several),
    }
}
