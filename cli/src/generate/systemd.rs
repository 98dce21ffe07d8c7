//! `orcs generate systemd`: the app as a service whose socket systemd holds.

use super::deploy::Values;
use super::plan::Plan;
use super::template;
use crate::app::App;
use crate::terminal::Failure;

/// Write a systemd service, and the socket that starts it
#[derive(clap::Args)]
pub struct Args {}

pub fn plan(app: &App) -> Result<Plan, Failure> {
    let values = Values::of(app)?;
    let program = &values.program;
    let mut plan = Plan::default();
    for (ending, template) in [
        (
            "service",
            include_str!("../../templates/generate/app.service.hbs"),
        ),
        (
            "socket",
            include_str!("../../templates/generate/app.socket.hbs"),
        ),
    ] {
        let unit = template::render(template, &values)?;
        plan.create(format!("deploy/{program}.{ending}"), unit);
    }
    plan.next(format!(
        "how to install it stands on top of deploy/{program}.service"
    ));
    Ok(plan)
}
