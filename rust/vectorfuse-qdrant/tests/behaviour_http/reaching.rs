//! What only HTTP has on its way to a server: paths, proxies and servers in between.

use std::process::Command;

use vectorfuse_core::error::Kind;
use vectorfuse_core::schema::SparkType;
use vectorfuse_core::write::Mode;

use crate::relay::{Relay, Work};
use crate::support::server::{Place, Server, block_on, reach, shared_url};
use vectorfuse_behaviour::job::{Frame, Job, refused};
use vectorfuse_behaviour::values::{int, text};

fn rows() -> Frame {
    let columns = [("id", SparkType::Long), ("t", SparkType::string())];
    Frame::new(&columns, vec![vec![int(1), text("a".to_owned())], vec![int(2), text("ü\0".to_owned())]])
}

fn job(place: &Place, url: &str) -> Job {
    Job::on(place).with("url", url).with("max_retries", "1")
}

#[test]
fn a_path_in_the_url_stands_before_every_route() {
    block_on(async {
        let server = Server::start(&[]);
        let place = Place::at(&server.url, "prefix");
        let store = server.rest.rsplit('/').next().unwrap().to_owned();
        let relay = Relay::start(Work::Prefix("/a/qdrant", store));
        for url in [format!("http://{}/a/qdrant", relay.authority), format!("http://{}/a/qdrant/", relay.authority)] {
            let job = job(&place, &url);
            job.append(&rows()).await;
            assert_eq!(job.read(2).await.unwrap().select(&["id", "t"]), rows().select(&["id", "t"]));
        }
        assert!(relay.requests().iter().all(|request| request.contains(" /a/qdrant/")));
        let missing = job(&place, &format!("http://{}", relay.authority)).table(None).await;
        refused(missing, Kind::Options, &["url", "path", "404", &place.collection]);
    });
}

#[test]
fn headers_and_key_go_with_every_request() {
    block_on(async {
        let server = Server::start(&["--api-key", "open-sesame"]);
        let place = Place::at(&server.url, "headers");
        let store = server.rest.rsplit('/').next().unwrap().to_owned();
        let relay = Relay::start(Work::Prefix("", store));
        let job = job(&place, &format!("http://{}", relay.authority));
        let job = job.with("api_key", "open-sesame").with("header.x-team", "blue");
        job.append(&rows()).await;
        assert_eq!(job.read(1).await.unwrap().rows.len(), 2);
        let requests = relay.requests();
        assert!(requests.len() >= 5);
        for request in requests {
            assert!(request.contains("x-team: blue") && request.contains("api-key: open-sesame"), "{request}");
            assert!(!request.to_lowercase().contains("accept-encoding"), "answers are not to be compressed: {request}");
        }
    });
}

#[test]
fn writes_say_in_which_order_copies_apply_them_and_whether_to_wait() {
    block_on(async {
        let place = Place::shared("said");
        let relay = Relay::start(Work::Prefix("", reach(&place.url).rsplit('/').next().unwrap().to_owned()));
        let job = job(&place, &format!("http://{}", relay.authority));
        for (option, value, said) in [
            ("ordering", "medium", &["ordering=medium", "wait=true"][..]),
            ("wait", "false", &["wait=false"]),
            // Replicas that apply increments in different orders would count differently.
            ("counter_fields", "n", &["ordering=strong", "wait=true"]),
        ] {
            let before = relay.requests().len();
            let frame = Frame::new(&[("id", SparkType::Long), ("n", SparkType::Long)], vec![vec![int(1), int(2)]]);
            job.clone().with(option, value).append(&frame).await;
            let requests = relay.requests().split_off(before);
            let sent = |request: &&String| request.starts_with("PUT") || request.starts_with("POST");
            let writes = requests.iter().filter(sent).filter(|request| request.contains("wait="));
            let writes: Vec<&String> = writes.collect();
            assert!(!writes.is_empty(), "{requests:?}");
            assert!(writes.iter().all(|write| said.iter().all(|said| write.contains(said))), "{option}: {writes:?}");
        }
    });
}

#[test]
fn the_driver_asks_for_the_version_once_in_a_write() {
    block_on(async {
        let place = Place::shared("versions");
        let relay = Relay::start(Work::Prefix("", reach(&place.url).rsplit('/').next().unwrap().to_owned()));
        let job = job(&place, &format!("http://{}", relay.authority)).with("order_field", "t");
        let frame = Frame::new(&[("id", SparkType::Long), ("t", SparkType::Long)], vec![vec![int(1), int(2)]]);
        job.plan(&frame.fields, Mode::Append).await.unwrap();
        let asked = relay.requests().iter().filter(|request| request.starts_with("GET / ")).count();
        assert_eq!(asked, 1, "{:?}", relay.requests());
    });
}

#[test]
fn a_redirect_is_named_and_not_followed() {
    block_on(async {
        let answer = "308 Permanent Redirect\r\nlocation: https://elsewhere.test/";
        let relay = Relay::start(Work::Refuse(answer, ""));
        let place = Place::at(&format!("http://{}", relay.authority), "redirect");
        refused(Job::on(&place).table(None).await, Kind::Options, &["https://elsewhere.test/", &place.collection]);
        assert_eq!(relay.requests().len(), 1);
    });
}

#[test]
fn a_server_in_between_that_is_overloaded_is_asked_again() {
    block_on(async {
        let relay = Relay::start(Work::Refuse("503 Service Unavailable", "busy"));
        let place = Place::at(&format!("http://{}", relay.authority), "busy");
        let job = Job::on(&place).with("max_retries", "2");
        refused(job.table(None).await, Kind::Unavailable, &["busy", "503", "attempts: 3", &place.collection]);
        assert_eq!(relay.requests().len(), 3);
    });
}

#[test]
fn the_store_s_own_pause_is_kept() {
    block_on(async {
        let server = Server::start(&[]);
        let store = server.rest.rsplit('/').next().unwrap().to_owned();
        let body = r#"{"status":{"error":"slow down"},"time":0.0}"#;
        let relay = Relay::start(Work::RefuseFirst("429 Too Many Requests\r\nretry-after: 1", body, store));
        let place = Place::at(&server.url, "limited");
        let started = std::time::Instant::now();
        job(&place, &format!("http://{}", relay.authority)).append(&rows()).await;
        assert!(started.elapsed().as_secs_f64() >= 1.0, "{:?}", started.elapsed());
        assert_eq!(Job::on(&place).read(1).await.unwrap().rows.len(), 2);
    });
}

/// Says to a test that it runs with a proxy in its environment.
const INSIDE: &str = "VECTORFUSE_TEST_INSIDE";

/// Runs a test of this file once more, in a process with these variables: an environment is one process's alone.
fn again(test: &str, variables: &[(&str, &str)]) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return false;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
        command.env_remove(name).env_remove(name.to_lowercase());
    }
    command.args(["--exact", &format!("reaching::{test}")]).env(INSIDE, "1").envs(variables.iter().copied());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}{}", String::from_utf8_lossy(&output.stderr));
    true
}

#[test]
fn the_environment_s_proxy_is_used_unless_it_is_ruled_out() {
    let relay = Relay::start(Work::Proxy);
    let proxy = format!("http://{}", relay.authority);
    let test = "the_environment_s_proxy_is_used_unless_it_is_ruled_out";
    if again(test, &[("HTTP_PROXY", &proxy)]) {
        let through = relay.requests().len();
        assert!(through >= 5, "{through} requests went through the proxy");
        assert!(relay.requests().iter().all(|request| request.contains(" http://127.0.0.1:")));
        assert!(again(test, &[("HTTP_PROXY", &proxy), ("NO_PROXY", "127.0.0.1")]));
        assert_eq!(relay.requests().len(), through, "nothing more did");
        return;
    }
    block_on(async {
        let place = Place::shared("proxied");
        Job::on(&place).append(&rows()).await;
        assert_eq!(Job::on(&place).read(1).await.unwrap().select(&["t"]), rows().select(&["t"]));
    });
}

#[test]
fn a_broken_proxy_is_said_to_be_the_proxy() {
    let test = "a_broken_proxy_is_said_to_be_the_proxy";
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = format!("http://user:secret@{}", listener.local_addr().unwrap());
    drop(listener);
    let refusing = |answer| format!("http://user:secret@{}", Relay::start(Work::Refuse(answer, "")).authority);
    let locked = refusing("407 Proxy Authentication Required");
    let broken = refusing("502 Bad Gateway");
    if again(test, &[("ALL_PROXY", &gone), ("VECTORFUSE_TEST_KIND", "UNAVAILABLE")]) {
        assert!(again(test, &[("HTTP_PROXY", &locked), ("VECTORFUSE_TEST_KIND", "DENIED")]));
        assert!(again(test, &[("HTTP_PROXY", &broken), ("VECTORFUSE_TEST_KIND", "UNAVAILABLE")]));
        return;
    }
    block_on(async {
        let place = Place::at(&shared_url(), "broken_proxy");
        let denied = std::env::var("VECTORFUSE_TEST_KIND").unwrap() == "DENIED";
        let kind = if denied { Kind::Denied } else { Kind::Unavailable };
        let result = Job::on(&place).with("max_retries", "1").table(None).await;
        let said = refused(result, kind, &["proxy: http://127.0.0.1:", &place.collection]);
        assert!(!said.contains("secret"), "{said}");
    });
}

#[test]
fn another_name_for_the_certificate_does_not_go_with_a_proxy() {
    let test = "another_name_for_the_certificate_does_not_go_with_a_proxy";
    if again(test, &[("HTTPS_PROXY", "http://127.0.0.1:9")]) {
        return;
    }
    block_on(async {
        let place = Place::at("https://127.0.0.1:1", "named");
        let result = Job::on(&place).with("tls_server_name", "qdrant.test").table(None).await;
        refused(result, Kind::Options, &["`tls_server_name`", "proxy"]);
    });
}
