// The page: its panels, and what feeds them.

import "./connection-status.js";
import "./dag-overview-panel.js";
import "./endpoints-panel.js";
import "./functions-panel.js";
import "./system-panel.js";
import "./token-form.js";
import "./websocket-panel.js";
import { pollFunctions, start } from "./feed.js";

pollFunctions(document.querySelector("functions-panel"));
start();
