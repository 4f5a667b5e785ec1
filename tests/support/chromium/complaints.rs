//! What a page must not do: errors, breaches of its policy, requests to others, telling the server anything.

use std::fmt;

use serde_json::Value;

/// Something that a page did and must not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    /// An error or a warning of the browser's or the page's on the console.
    Console(String),
    /// An exception that nobody caught.
    Exception(String),
    /// Something that the page's policy forbids, and that the browser did not do.
    Policy(String),
    /// A request to another host.
    Foreign(String),
    /// Something that goes to the server: a request other than GET and HEAD, or with a body, or a WebSocket message.
    Sent(String),
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, text) = match self {
            Self::Console(text) => ("console", text),
            Self::Exception(text) => ("exception", text),
            Self::Policy(text) => ("policy", text),
            Self::Foreign(text) => ("foreign request", text),
            Self::Sent(text) => ("sent", text),
        };
        write!(f, "{kind}: {text}")
    }
}

impl Complaint {
    /// What there is to complain about in an event of a page of `host`.
    pub(crate) fn of(host: &str, event: &Value) -> Option<Self> {
        let params = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str()? {
            "Log.entryAdded" => {
                let entry = &params["entry"];
                let said = format!("{} {}", text(&entry["text"]), text(&entry["url"]));
                match (entry["source"].as_str()?, entry["level"].as_str()?) {
                    ("security", "error") => Some(Self::Policy(said)),
                    (_, "error" | "warning") => Some(Self::Console(said)),
                    _ => None,
                }
            }
            "Runtime.consoleAPICalled" => {
                let kind = params["type"].as_str()?;
                matches!(kind, "error" | "warning" | "assert")
                    .then(|| Self::Console(params["args"].to_string()))
            }
            "Runtime.exceptionThrown" => {
                let details = &params["exceptionDetails"];
                let said = details["exception"]["description"].as_str().or(details["text"].as_str());
                Some(Self::Exception(said.unwrap_or_default().to_owned()))
            }
            "Audits.issueAdded" => {
                let issue = &params["issue"];
                (issue["code"] == "ContentSecurityPolicyIssue").then(|| Self::Policy(issue.to_string()))
            }
            "Network.requestWillBeSent" => {
                foreign(host, &params["request"]["url"]).or_else(|| sent(&params["request"]))
            }
            // Text and data; the browser itself answers pings.
            "Network.webSocketFrameSent" => matches!(params["response"]["opcode"].as_u64(), Some(1 | 2))
                .then(|| Self::Sent(params["response"].to_string())),
            "Network.webSocketCreated" => foreign(host, &params["url"]),
            _ => None,
        }
    }
}

fn sent(request: &Value) -> Option<Complaint> {
    let method = request["method"].as_str()?;
    let only_asks = matches!(method, "GET" | "HEAD") && request["hasPostData"] != true;
    (!only_asks).then(|| Complaint::Sent(format!("{method} {}", request["url"].as_str().unwrap_or_default())))
}

fn foreign(host: &str, url: &Value) -> Option<Complaint> {
    let url = url.as_str()?;
    let (scheme, rest) = url.split_once(':')?;
    let is_inside = matches!(scheme, "data" | "blob" | "about");
    let is_own = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?', '#']).next()) == Some(host);
    (!is_inside && !is_own).then(|| Complaint::Foreign(url.to_owned()))
}
