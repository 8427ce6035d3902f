//! Whether what was read is all of one collection: a query of one that is being dropped can succeed, without rows, so that
//! the end of the pages alone does not say so.

use async_trait::async_trait;
use vectorfuse_core::error::Result;
use vectorfuse_core::paging::{Page, Pages};

use crate::api::Api;

/// Pages whose end is one only if the collection they are of is still there.
pub(crate) struct Standing {
    pub(crate) pages: Box<dyn Pages>,
    pub(crate) api: Api,
    /// The number of the collection that the read was planned for.
    pub(crate) id: i64,
}

#[async_trait]
impl Pages for Standing {
    async fn next(&mut self, rows: u32, whole: bool) -> Result<Page> {
        let page = self.pages.next(rows, whole).await?;
        if matches!(page, Page::Rows { last: true, .. }) {
            self.api.check_standing(self.id).await?;
        }
        Ok(page)
    }
}
