//! `orcs generate middleware`: what looks at requests before a route does.

use super::list::{self, Entry};
use super::names::FileName;
use super::plan::Plan;
use super::source::Source;
use super::{rustfmt, template};
use crate::app::App;
use crate::terminal::{Failure, shell};
use serde::Serialize;

/// Write a middleware, which looks at requests before a route does
///
/// For example: orcs generate middleware known-browsers
#[derive(clap::Args)]
pub struct Args {
    /// Its name: middleware/NAME.rs, the function in it, and what routes call it by
    name: String,
}

/// The list of all is a module of the list of routes.
pub const MODULE: &str = "middleware";

/// Where it is.
const LIST: &str = "middleware/mod.rs";

pub fn plan(app: &App, args: &Args) -> Result<Plan, Failure> {
    #[derive(Serialize)]
    struct Values<'a> {
        name: &'a str,
        wire: &'a str,
    }
    let name = FileName::parse("middleware", &args.name)?;
    let values = Values {
        name: name.as_str(),
        wire: &args.name,
    };
    let text = template::render(
        include_str!("../../templates/generate/middleware.rs.hbs"),
        &values,
    )?;
    let mut plan = Plan::default();
    let file = format!("middleware/{}.rs", name.as_str());
    plan.create(file, rustfmt::new_file(app, &text));
    enter(app, &name, &mut plan)?;
    // The list of middlewares is a module of the list of routes, because tests start there.
    let entry = Entry {
        name: MODULE,
        declaration: "#[path = \"../middleware/mod.rs\"]\npub mod middleware;".to_owned(),
        method: "middleware",
        call: format!(
            ".middleware(\"{}\", middleware::{1}::{1})",
            args.name,
            name.as_str()
        ),
    };
    entry.enter(app, &mut plan)?;
    plan.next(format!(
        "use it: .through(\"{}\") in the chain of a route, behind `ws(..)`",
        args.name
    ));
    Ok(plan)
}

/// What to type when the file is there.
pub fn instead(args: &Args) -> String {
    format!("orcs generate middleware {}-2", shell::visible(&args.name))
}

/// Enters it into the list of all, or begins that.
fn enter(app: &App, name: &FileName, plan: &mut Plan) -> Result<(), Failure> {
    let declaration = format!("pub mod {};", name.as_str());
    if !app.root.join(LIST).exists() {
        let head = include_str!("../../templates/generate/middleware_list.rs");
        plan.create(LIST, format!("{head}{declaration}\n"));
        return Ok(());
    }
    let before = list::read(app, LIST)?;
    match Source::new(&before).with_module(&declaration, name.as_str()) {
        Some(after) => {
            let after = rustfmt::changed(app, &before, &after);
            plan.change(LIST, before, after);
        }
        None => plan.by_hand(LIST, vec![declaration]),
    }
    Ok(())
}
