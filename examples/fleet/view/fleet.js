// The table of the fleet, taken anew every ten seconds.

const PERIOD_MS = 10_000;
const HOUR_MS = 3_600_000;

const COLUMNS = [
  "response_time_ms",
  "requests_per_minute",
  "events_per_minute",
  "error_rate_percent",
  "queue_size",
];

/** A cell with text; text is never markup. */
function cell(text, className = "") {
  const element = document.createElement("td");
  element.textContent = text;
  element.className = className;
  return element;
}

/** Mean and peak of the current hour; a dash of an instance that told nothing in it. */
function current(buckets) {
  const bucket = buckets.at(-1);
  return bucket && Date.now() - bucket.timestamp < HOUR_MS ? `${bucket.average.toFixed(1)} (${bucket.max.toFixed(1)})` : "–";
}

function row(service, instance) {
  const element = document.createElement("tr");
  const name = cell(instance.dashboard ? "" : instance.instance);
  if (instance.dashboard) {
    const link = document.createElement("a");
    link.href = instance.dashboard;
    link.textContent = instance.instance;
    name.append(link);
  }
  const numbers = COLUMNS.map((metric) => cell(current(instance.hourly[metric]), "number"));
  element.append(cell(service), name, ...numbers);
  return element;
}

function show(view) {
  const rows = view.services.flatMap(({ service, instances }) =>
    instances.map((instance) => row(service, instance)),
  );
  document.getElementById("members").replaceChildren(...rows);
  const { kind, degraded, points_written, points_dropped } = view.store;
  const health = degraded ? "not reachable, points wait" : "fine";
  say(`Store ${kind}: ${health}; ${points_written} points written, ${points_dropped} dropped`);
}

function say(text) {
  document.getElementById("state").textContent = text;
}

async function refresh() {
  try {
    const response = await fetch("api/fleet");
    if (!response.ok) {
      throw new Error(`status ${response.status}`);
    }
    show(await response.json());
  } catch (error) {
    say(`The fleet cannot be read: ${error.message}`);
  }
}

await refresh();
setInterval(refresh, PERIOD_MS);
