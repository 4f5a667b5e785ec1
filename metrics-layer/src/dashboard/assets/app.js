// The page: its panels, and what feeds them.

import "./layout.js";
import "./connection-status.js";
import "./page-tools.js";
import "./panel-links.js";
import "./panels/alerts-panel.js";
import "./panels/cache-database-panel.js";
import "./panels/dag-node-detail-panel.js";
import "./panels/dag-overview-panel.js";
import "./panels/endpoints-panel.js";
import "./panels/functions-panel.js";
import "./panels/performance-panel.js";
import "./panels/queues-panel.js";
import "./panels/rendering-panel.js";
import "./panels/route-detail-panel.js";
import "./panels/route-stats-panel.js";
import "./panels/self-panel.js";
import "./panels/status-panel.js";
import "./panels/system-panel.js";
import "./panels/trends-panel.js";
import "./panels/websocket-panel.js";
import "./service-title.js";
import "./token-form.js";
import { start } from "./feed.js";
import { PULSE } from "./origins.js";
import { pokeAll } from "./sources.js";
import { store } from "./store.js";

store.connection.subscribe(pokeAll);
// Which panels there are is known with the first document; until then none is shown, so that none moves.
const ready = store[PULSE ?? "snapshot"].subscribe(() => {
  document.body.dataset.ready = "";
  ready();
});
start();
