// The pages are whole without this. It makes them fresher: one stream of events a page, and the server's own HTML
// again when something happened. What is announced is what happened, never a percentage.

const base = new URL(import.meta.url).pathname.replace(/\/assets\/[^/]*$/, "");
const main = document.querySelector("main");
const after = document.body.dataset.after;
const SILENCE = 10_000;

document.querySelector(".nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
document.getElementById("errors")?.focus();

/** `60 ms`, `0.8 s`, `4 min 12 s`, `6 h 2 min`, as the server writes it. */
function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor(seconds / 60) % 60} min`;
}

function bytes(count) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (count >= 1024 && unit < units.length - 1) {
    count /= 1024;
    unit += 1;
  }
  return `${unit === 0 || count >= 100 ? Math.floor(count) : count.toFixed(1)} ${units[unit]}`;
}

/** A share, as the classes of the style sheet say it. */
function weigh(element, weight) {
  if (!element) return;
  for (const name of [...element.classList]) if (/^w-\d+$/.test(name)) element.classList.remove(name);
  element.classList.add(`w-${weight}`);
}

function say(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

const live = document.getElementById("live");

/** What happened, for who does not see it. */
const HAPPENED = {
  "run.queued": "A run is queued.",
  "checks.finished": "The checks are done.",
  "restic.started": "restic is reading.",
  "restic.finished": "restic has ended.",
  "run.interrupted": "zb died, and the run is being settled.",
  "cancel.requested": "The run is being cancelled.",
  "run.finished": "The run is over.",
};

function announce(event) {
  const hook = event.phase === "post" ? "post hook" : "pre hook";
  const text =
    event.type === "hook.started" ? `The ${hook} is being sent.`
    : event.type === "hook.finished" ? `The ${hook} ${event.outcome === "ok" ? "answered" : "failed"}.`
    : HAPPENED[event.type];
  if (text) say(live, text);
}

/** Controls that are the same one in two pages: the same kind, with the same name and target. */
function alike(control) {
  const sign = (one) => [one.id, one.name, one.href, one.form?.action, one.textContent].join();
  return [...document.querySelectorAll(control.localName)].filter((one) => sign(one) === sign(control));
}

/** The page again, from the server: there is one template. */
let wanted = null;
function refresh() {
  wanted ??= setTimeout(async () => {
    wanted = null;
    const typing = document.activeElement?.matches?.(".wrap input:not([type=hidden]), .wrap select, .wrap textarea");
    if (typing) return;
    const answer = await fetch(location.href, { headers: { accept: "text/html" } }).catch(() => null);
    if (!answer?.ok) return;
    if (answer.redirected) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement;
    const which = alike(focused).indexOf(focused);
    const open = [...document.querySelectorAll(".wrap details")].map((details) => details.open);
    for (const place of [".wrap", ".nav"]) {
      document.querySelector(place).replaceChildren(...page.querySelector(place).childNodes);
    }
    document.querySelectorAll(".wrap details").forEach((details, at) => (details.open ||= open[at] ?? false));
    if (!focused.isConnected) alike(focused)[which]?.focus({ preventScroll: true });
    for (const name of ["data-state", "data-status"]) {
      const value = page.querySelector("main").getAttribute(name);
      if (value !== null) main.setAttribute(name, value);
    }
    document.title = page.title;
    // A page of many runs waits for more of what comes at once, and each its own time: many may look.
  }, main.dataset.jobId ? 200 : 1000 + Math.random() * 2000);
}

function progress(event) {
  if (!main.dataset.jobId) return;
  const done = Math.floor(Math.min(Math.max(event.percentDone, 0), 1) * 100);
  const bar = document.querySelector("progress");
  if (!bar) return refresh();
  bar.value = done;
  say(document.querySelector(".pct"), `${done} %`);
  const left = event.secondsRemaining === undefined ? "" : `about ${duration(event.secondsRemaining * 1000)} left`;
  say(document.querySelector(".prog .left"), left);
  const [read, files] = document.querySelectorAll(".prog .facts dd");
  say(read?.querySelector("span"), bytes(event.bytesDone));
  say(read?.querySelector("small"), `of ${bytes(event.totalBytes)}`);
  say(files?.querySelector("span"), event.filesDone.toLocaleString("en"));
  say(files?.querySelector("small"), `of ${event.totalFiles.toLocaleString("en")}`);
  say(document.querySelector(".cur code"), event.currentFiles?.[0] ?? "");
  weigh(document.querySelector(".restic .done"), done);
  weigh(document.querySelector(".restic .ahead"), 100 - done);
  weigh(document.querySelector(".pause .later"), 100 - done);
  say(document.querySelector(".restic .ahead"), left);
}

const TYPES = [
  "run.queued", "checks.finished", "hook.started", "hook.finished", "restic.started", "restic.finished",
  "cancel.requested", "run.interrupted", "orphans.ended", "hook.cleared", "retention.started",
  "retention.finished", "run.finished",
];

function watch(path) {
  const source = new EventSource(`${base}${path}after=${encodeURIComponent(after)}`);
  const notice = document.getElementById("stopped");
  let heard = Date.now();
  const hear = () => {
    heard = Date.now();
    if (notice) notice.hidden = true;
  };
  for (const type of TYPES) {
    source.addEventListener(type, (message) => {
      hear();
      announce(JSON.parse(message.data));
      refresh();
    });
  }
  source.addEventListener("progress", (message) => {
    hear();
    progress(JSON.parse(message.data));
  });
  source.addEventListener("ready", hear);
  source.addEventListener("heartbeat", hear);
  source.addEventListener("reset", () => location.reload());
  setInterval(() => {
    const is_over = main.dataset.state === "finished";
    if (is_over && main.dataset.jobId) source.close();
    if (notice) notice.hidden = is_over || Date.now() - heard < SILENCE;
    for (const time of document.querySelectorAll("time.tick")) {
      say(time, duration(Date.now() - Date.parse(time.dateTime)));
    }
  }, 1000);
  addEventListener("pagehide", () => source.close());
}

if (after !== undefined) {
  const { jobId, state } = main.dataset;
  const backup = location.pathname.match(/\/backups\/(sched_[^/]+)$/)?.[1];
  if (!jobId) watch(`/api/v1/events?${backup ? `scheduleId=${backup}&` : ""}`);
  else if (state !== "finished") watch(`/api/v1/runs/${jobId}/events?`);
}
