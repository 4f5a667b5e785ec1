// The page for administrators begins with the blocks of admin/performance/json. Loaded before the panels are, so that none
// moves.

import { isForAdmins } from "./places.js";

const IN_FRONT = ["performance-panel", "route-stats-panel"];

if (isForAdmins) document.querySelector("main")?.prepend(...IN_FRONT.map((name) => document.createElement(name)));
