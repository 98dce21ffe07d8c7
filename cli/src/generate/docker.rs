//! `orcs generate docker`: the app as an image.

use super::deploy::Values;
use super::plan::Plan;
use super::template;
use crate::app::App;
use crate::terminal::Failure;

/// Write a Dockerfile, a .dockerignore and a compose.yaml
#[derive(clap::Args)]
pub struct Args {}

pub fn plan(app: &App) -> Result<Plan, Failure> {
    let values = Values::of(app)?;
    let mut plan = Plan::default();
    plan.create(
        "Dockerfile",
        template::render(
            include_str!("../../templates/generate/Dockerfile.hbs"),
            &values,
        )?,
    );
    let ignore = include_str!("../../templates/generate/dockerignore");
    plan.create(".dockerignore", ignore.to_owned());
    plan.create(
        "compose.yaml",
        template::render(
            include_str!("../../templates/generate/compose.yaml.hbs"),
            &values,
        )?,
    );
    plan.next("try it: docker compose up --build");
    Ok(plan)
}
