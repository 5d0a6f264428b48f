// SPDX-License-Identifier: MIT
//! Contestant: mail-auth (Rust), its report parser called on every file, mail or line of an archive.
//!
//! Called and answering as measured.py says. Reports count once: by organization, id, dates and content.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::Path;
use std::time::Instant;

use flate2::read::GzDecoder;
use mail_auth::report::tlsrpt::{PolicyType, ResultType, TlsReport};
use serde_json::json;

#[derive(Default)]
struct Found {
    seen: HashSet<u64>,
    duplicates: u64,
    errors: u64,
    sessions: HashMap<(String, PolicyName), [u64; 2]>,
    failed: HashMap<(String, PolicyName, String), u64>,
}

type PolicyName = &'static str;

fn policy_name(policy_type: PolicyType) -> PolicyName {
    match policy_type {
        PolicyType::Sts => "sts",
        PolicyType::Tlsa => "tlsa",
        PolicyType::NoPolicyFound => "no-policy-found",
        PolicyType::Other => "other",
    }
}

/// The name that serde gives the result type; looked up once a type.
fn result_name(names: &mut HashMap<ResultType, String>, result: ResultType) -> String {
    names
        .entry(result)
        .or_insert_with(|| {
            serde_json::to_value(result).unwrap().as_str().unwrap_or("other").to_string()
        })
        .clone()
}

fn identity(report: &TlsReport) -> u64 {
    let mut hasher = DefaultHasher::new();
    report.organization_name.hash(&mut hasher);
    report.report_id.hash(&mut hasher);
    report.date_range.start_datetime.to_timestamp().hash(&mut hasher);
    report.date_range.end_datetime.to_timestamp().hash(&mut hasher);
    for entry in &report.policies {
        policy_name(entry.policy.policy_type).hash(&mut hasher);
        entry.policy.policy_domain.hash(&mut hasher);
        entry.policy.policy_string.hash(&mut hasher);
        entry.policy.mx_host.hash(&mut hasher);
        entry.summary.total_success.hash(&mut hasher);
        entry.summary.total_failure.hash(&mut hasher);
        entry.failure_details.hash(&mut hasher);
    }
    hasher.finish()
}

impl Found {
    fn add(&mut self, report: Option<TlsReport>, failures: bool, names: &mut HashMap<ResultType, String>) {
        let Some(report) = report else {
            self.errors += 1;
            return;
        };
        if !self.seen.insert(identity(&report)) {
            self.duplicates += 1;
            return;
        }
        for entry in report.policies {
            let name = policy_name(entry.policy.policy_type);
            let domain = entry.policy.policy_domain;
            if failures {
                for detail in entry.failure_details {
                    let result = result_name(names, detail.result_type);
                    *self.failed.entry((domain.clone(), name, result)).or_default() +=
                        u64::from(detail.failed_session_count);
                }
            } else {
                let both = self.sessions.entry((domain, name)).or_default();
                both[0] += u64::from(entry.summary.total_success);
                both[1] += u64::from(entry.summary.total_failure);
            }
        }
    }
}

fn parse_file(form: &str, path: &Path) -> Option<TlsReport> {
    let data = fs::read(path).ok()?;
    if form == "eml" {
        return TlsReport::parse_rfc5322(&data).ok();
    }
    if data.starts_with(b"\x1f\x8b") {
        let mut text = Vec::with_capacity(4 * data.len());
        GzDecoder::new(&data[..]).read_to_end(&mut text).ok()?;
        return TlsReport::parse_json(&text).ok();
    }
    TlsReport::parse_json(&data).ok()
}

fn walk(path: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(path).expect("a folder").flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&entry.path(), each);
        } else {
            each(&entry.path());
        }
    }
}

/// User and system CPU of this process so far, in seconds.
fn cpu() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let (failures, form, path) = (arguments[1] == "failures", &arguments[2], Path::new(&arguments[3]));
    let (start, before) = (Instant::now(), cpu());
    let mut found = Found::default();
    let mut names = HashMap::new();
    if form == "ndjson" {
        let text = fs::read(path).expect("a file");
        for line in text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()) {
            found.add(TlsReport::parse_json(line).ok(), failures, &mut names);
        }
    } else {
        walk(path, &mut |file| found.add(parse_file(form, file), failures, &mut names));
    }
    let (cpu, wall) = (cpu() - before, start.elapsed().as_secs_f64());
    let none = |domain: &String| if domain.is_empty() { json!(null) } else { json!(domain) };
    let sessions: Vec<_> =
        found.sessions.iter().map(|((d, t), b)| json!([none(d), t, b[0], b[1]])).collect();
    let failed: Vec<_> =
        found.failed.iter().map(|((d, t, r), n)| json!([none(d), t, r, n])).collect();
    let counts = json!({"reports": found.seen.len(), "duplicates": found.duplicates, "errors": found.errors});
    let answer = json!({"cpu": cpu, "wall": wall, "memory": 0, "sessions": sessions, "failed": failed, "counts": counts});
    println!("{answer}");
}
