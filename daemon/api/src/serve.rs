//! Puts the services on a listener, with health and reflection.

use brummer_proto::v1;
use brummer_world::World;
use tonic::transport::Server;

use crate::listen::{Listener, METADATA_MAX};
use crate::services::{Daemon, EventApi, IncidentApi, LogApi, ProcessApi, ProjectApi, SystemApi};

/// Largest message in either direction; no page or batch comes near it.
const MESSAGE_MAX: usize = 4 * 1024 * 1024;

/// Streams of one connection at once.
const STREAMS_MAX: u32 = 128;

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("the services cannot be described: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
    #[error("the control socket failed: {0}")]
    Transport(#[from] tonic::transport::Error),
}

/// Serves until the world closes its subscribers, then lets open calls end.
///
/// # Errors
/// When the socket fails for good.
pub async fn serve(listener: Listener, world: World, daemon: Daemon) -> Result<(), ServeError> {
    use v1::event_service_server::EventServiceServer;
    use v1::incident_service_server::IncidentServiceServer;
    use v1::log_service_server::LogServiceServer;
    use v1::process_service_server::ProcessServiceServer;
    use v1::project_service_server::ProjectServiceServer;
    use v1::system_service_server::SystemServiceServer;

    let (health_reporter, health) = tonic_health::server::health_reporter();
    health_reporter.set_serving::<SystemServiceServer<SystemApi>>().await;
    health_reporter.set_serving::<ProcessServiceServer<ProcessApi>>().await;
    health_reporter.set_serving::<LogServiceServer<LogApi>>().await;
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(brummer_proto::DESCRIPTORS)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .build_v1()?;

    macro_rules! bounded {
        ($server:ident, $api:expr) => {
            $server::new($api).max_decoding_message_size(MESSAGE_MAX).max_encoding_message_size(MESSAGE_MAX)
        };
    }
    let closing = world.closing().clone();
    Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(METADATA_MAX)
        .add_service(health)
        .add_service(reflection)
        .add_service(bounded!(ProjectServiceServer, ProjectApi { world: world.clone() }))
        .add_service(bounded!(ProcessServiceServer, ProcessApi { world: world.clone() }))
        .add_service(bounded!(LogServiceServer, LogApi { world: world.clone() }))
        .add_service(bounded!(IncidentServiceServer, IncidentApi { world: world.clone() }))
        .add_service(bounded!(EventServiceServer, EventApi { world: world.clone() }))
        .add_service(bounded!(SystemServiceServer, SystemApi { world, daemon }))
        .serve_with_incoming_shutdown(listener.incoming(), async move { closing.cancelled().await })
        .await?;
    Ok(())
}
