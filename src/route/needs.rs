//! What routes need the app to bring, so that its absence is known before a client comes.

use super::{Route, Routes};
use crate::manager::State;
use std::any::{TypeId, type_name};

/// A type that handlers ask `state` for.
#[derive(Clone, Copy)]
pub(crate) struct Need {
    kind: TypeId,
    name: &'static str,
}

impl Need {
    fn of<T: 'static>() -> Self {
        Self {
            kind: TypeId::of::<T>(),
            name: type_name::<T>(),
        }
    }

    fn problem(self, who: &str) -> String {
        let name = self.name;
        format!(
            "{who}: no state of type `{name}`; give it to the app \
             (example: App::new(config, routes).state(value))"
        )
    }
}

impl<D: Send + Sync + 'static> Route<D> {
    /// Says that its handlers ask for this state: without it the app does not start.
    ///
    /// A handler that asks [`Client::state`](crate::Client::state) for what nobody gave
    /// panics, which its first client would notice; this is noticed at the start.
    ///
    /// ```
    /// use orcs::prelude::*;
    /// use orcs::{App, Config};
    ///
    /// struct Db;
    ///
    /// # async fn example() -> orcs::Result {
    /// let chat = || ws("/ws/chat").needs::<Db>();
    /// # let config = || { let mut config = Config::default(); config.port = 0; config };
    /// assert!(App::new(config(), chat()).start().await.is_err());
    /// App::new(config(), chat()).state(Db).start().await?;
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
    /// ```
    #[doc(alias = "state")]
    pub fn needs<T: Send + Sync + 'static>(mut self) -> Self {
        self.table.needs.push(Need::of::<T>());
        self
    }
}

impl Routes {
    /// Says that handlers, filters or room rules ask for this state: without it the app does
    /// not start. One route alone says it with [`Route::needs`].
    pub fn needs<T: Send + Sync + 'static>(mut self) -> Self {
        self.needs.push(Need::of::<T>());
        self
    }

    /// Why no app can start whose state is this: somebody needs more.
    pub(crate) fn unmet_need(&self, state: &State) -> Option<String> {
        let tables = self.tables.iter();
        let routes = tables.flat_map(|table| table.needs.iter().map(|need| (&*table.path, need)));
        let all = self.needs.iter().map(|need| ("the routes", need));
        let (who, need) = (routes.chain(all)).find(|(_, need)| !state.contains_key(&need.kind))?;
        Some(need.problem(who))
    }
}
