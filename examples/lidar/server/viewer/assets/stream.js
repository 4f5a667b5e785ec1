// A WebSocket that is opened again when it ends, with exponential back-off.

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30000;

/**
 * Reads a stream for as long as the page lives.
 * @param {string} path relative to the page
 * @param {(data: any) => void} read
 * @param {(state: "live" | "reconnecting") => void} [tell]
 */
export function follow(path, read, tell = () => {}) {
  const url = new URL(path, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  let failures = 0;
  const open = () => {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      if (failures >= 0) tell("live");
      failures = -1;
      read(data);
    };
    socket.onclose = () => {
      tell("reconnecting");
      failures++;
      // Jitter keeps many pages from coming back at the same moment.
      const wait = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS) * (0.75 + Math.random() / 2);
      setTimeout(open, wait);
    };
  };
  open();
}
