//! Histograms keep every sample until somebody reads them or this drains them: one wake-up in five minutes,
//! so that an unread daemon does not grow.

use std::time::Duration;

use brummer_scope::Scope;
use metrics_exporter_prometheus::PrometheusHandle;

const EVERY: Duration = Duration::from_secs(300);

pub(crate) fn run(scope: &Scope, recorder: PrometheusHandle) {
    let _task = scope.spawn_until_cancelled("metrics-upkeep", async move {
        loop {
            tokio::time::sleep(EVERY).await;
            recorder.run_upkeep();
        }
    });
}
