//! The lidar example's viewer: clouds are drawn, moved and coloured, and its own figures are true.

use serde_json::json;

use crate::chromium::{Browser, Complaint, Page, Scheme};
use crate::example::Service;
use crate::scans;
use crate::setup::{picture, street};

/// How many pixels of the scene have a colour that is not the background's.
const COLOURED: &str = "(() => {
    const scene = document.getElementById('scene');
    const copy = new OffscreenCanvas(scene.width, scene.height).getContext('2d');
    return new Promise((done) => requestAnimationFrame(() => {
        copy.drawImage(scene, 0, 0);
        const { data } = copy.getImageData(0, 0, scene.width, scene.height);
        let coloured = 0, sum = 0;
        for (let at = 0; at < data.length; at += 4) {
            if (Math.max(data[at], data[at + 1], data[at + 2]) > 80) coloured++;
            sum = (sum * 31 + data[at] + 7 * data[at + 1] + 13 * data[at + 2]) % 1000003;
        }
        done([coloured, sum]);
    }));
})()";

pub(crate) fn figure(name: &str) -> String {
    format!("Number(document.querySelector('[data-figure=\"{name}\"]')?.dataset.value ?? NaN)")
}

pub(crate) async fn open(browser: &Browser, service: &Service) -> Page {
    let page = browser.page(&service.address).await;
    page.look(1280, 800, Scheme::Dark).await;
    page.open(&format!("http://{}/viewer", service.address)).await;
    page.until("document.getElementById('state').dataset.state === 'live'").await;
    page.until(&format!("{} > 0", figure("points"))).await;
    page
}

/// Waits for so many frames: after 120 of them, all figures are of now.
pub(crate) async fn frames(page: &Page, count: u32) {
    let wait = format!(
        "new Promise((done) => {{ let left = {count}; (function step() {{ left-- ? requestAnimationFrame(step) : done(null) }})() }})"
    );
    page.evaluate::<()>(&wait).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn the_view_is_moved_by_keys_mouse_and_touch_and_coloured_anew() {
    let _shared = crate::QUIET.read().await;
    // One scan for the whole of the test: what changes is the view.
    let (service, _folder) = street(&["--hz", "0.1"]);
    let browser = Browser::with_webgl().await;
    let page = open(&browser, &service).await;
    page.evaluate::<()>("document.getElementById('scene').focus()").await;
    let mut seen = vec![page.evaluate::<(u64, u64)>(COLOURED).await];
    assert!(seen[0].0 > 200, "{} coloured pixels", seen[0].0);
    for key in ["ArrowLeft", "ArrowUp", "+", "-"] {
        page.press(key).await;
        seen.push(page.evaluate(COLOURED).await);
    }
    drag(&page, (500.0, 600.0), (620.0, 640.0)).await;
    seen.push(page.evaluate(COLOURED).await);
    pinch(&page, 100.0, 200.0).await;
    seen.push(page.evaluate(COLOURED).await);
    let select = "const colour = document.getElementById('colour'); colour.value = 'intensity'; colour.dispatchEvent(new Event('change'))";
    page.evaluate::<()>(&format!("void (() => {{ {select} }})()")).await;
    seen.push(page.evaluate(COLOURED).await);
    let changes = seen.windows(2).filter(|pair| pair[0].1 != pair[1].1).count();
    assert_eq!(changes, seen.len() - 1, "each of them changes the picture: {seen:?}");
    page.assert_clean().await;

    for (width, height) in [(390, 844), (1440, 900), (2560, 1440)] {
        page.look(width, height, Scheme::Dark).await;
        frames(&page, 2).await;
        page.photograph(&picture(&format!("viewer-{width}"))).await;
        let needed: u32 = page.evaluate("document.documentElement.scrollWidth").await;
        assert_eq!(needed, width, "nothing is wider than the window");
    }
}

/// Two fingers move apart.
async fn pinch(page: &Page, from: f64, to: f64) {
    let points = |apart: f64| json!([{ "x": 550.0 - apart / 2.0, "y": 600, "id": 0 }, { "x": 550.0 + apart / 2.0, "y": 600, "id": 1 }]);
    for (kind, points) in [("touchStart", points(from)), ("touchMove", points(to)), ("touchEnd", json!([]))] {
        page.call("Input.dispatchTouchEvent", json!({ "type": kind, "touchPoints": points })).await;
    }
}

async fn drag(page: &Page, from: (f64, f64), to: (f64, f64)) {
    for (kind, (x, y)) in [("mousePressed", from), ("mouseMoved", to), ("mouseReleased", to)] {
        let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        page.call("Input.dispatchMouseEvent", event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn stages_are_those_of_the_graph_and_figures_those_of_the_service() {
    let _shared = crate::QUIET.read().await;
    let (service, _folder) = street(&["--hz", "1"]);
    let browser = Browser::with_webgl().await;
    let page = open(&browser, &service).await;
    page.until("document.getElementById('stage').options.length === 6").await;
    let choose = "const stage = document.getElementById('stage'); stage.value = 'source'; stage.dispatchEvent(new Event('change'))";
    page.evaluate::<()>(&format!("void (() => {{ {choose} }})()")).await;
    page.until(&format!("{} === {}", figure("points"), scans::POINTS)).await;
    assert_eq!(service.get("/api/pipeline").json()["broadcast"]["stage"], "source");

    // Between two frames nothing changes, and the figure of a node is what the endpoint says.
    let shown = figure("node.clustering");
    page.until(&format!(
        "fetch('api/metrics/dag').then((answer) => answer.json()).then(({{ nodes }}) =>
            nodes.find((node) => node.node_id === 'clustering').avg_exec_ms === {shown})"
    ))
    .await;
    page.until(&format!("{} > 0", figure("points.frames"))).await;
    // What the service is told is the stage, once.
    let told = format!("PUT http://{}/api/pipeline", service.address);
    assert_eq!(page.complaints().await, [Complaint::Sent(told)]);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_service_that_comes_back_is_shown_again() {
    let _shared = crate::QUIET.read().await;
    let (service, folder) = street(&[]);
    let browser = Browser::with_webgl().await;
    let page = open(&browser, &service).await;
    page.assert_clean().await;
    let port = service.address.rsplit_once(':').unwrap().1.to_owned();
    assert_eq!(service.stop("TERM").status.code(), Some(0));
    page.until("document.getElementById('state').dataset.state === 'reconnecting'").await;
    let scan = folder.path().to_str().unwrap();
    let _again = Service::start("lidar", &["--port", &port, "--scan", scan]);
    page.until("document.getElementById('state').dataset.state === 'live'").await;
}

/// Frames that do not come because nobody looks say nothing of the machine.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium"]
async fn a_page_that_was_hidden_draws_as_many_pixels_as_before() {
    let _shared = crate::QUIET.read().await;
    let service = Service::start("lidar", &["--port", "0", "--hz", "0.1"]);
    let browser = Browser::start().await;
    let page = browser.page(&service.address).await;
    page.open(&format!("http://{}/", service.address)).await;
    let shares: [f64; 2] = page
        .evaluate(
            "(async () => {
                 const { Detail } = await import('/viewer/detail.js');
                 const detail = new Detail(() => {});
                 let now = 0;
                 const frames = (count, ms) => { while (count--) detail.frame(now += ms); };
                 frames(10, 16);
                 document.dispatchEvent(new Event('visibilitychange'));
                 now += 3_600_000;
                 frames(30, 16);
                 const hidden = detail.share();
                 frames(50, 100);
                 return [hidden, detail.share()];
             })()",
        )
        .await;
    assert!(shares[0] == 1.0 && shares[1] < 1.0, "{shares:?}");
}
