// Whether what is shown is live, and how old it is.

import { clock } from "./format.js";
import { Panel, element, setText } from "./panel.js";

const WORDS = {
  connecting: "Connecting",
  live: "Live",
  polling: "Polling",
  reconnecting: "Reconnecting",
  disabled: "Metrics disabled",
  refused: "Access refused",
  locked: "Token needed",
};

class ConnectionStatus extends Panel {
  build() {
    this.time = element("time");
    this.word = element("span", { class: "word", role: "status" });
    this.append(this.time, this.word);
  }

  draw({ connection, snapshot }) {
    this.dataset.state = connection;
    document.body.dataset.state = connection;
    setText(this.word, WORDS[connection]);
    setText(this.time, snapshot ? `as of ${clock(snapshot.timestamp)}` : "");
  }
}

customElements.define("connection-status", ConnectionStatus);
