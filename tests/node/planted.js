// What the check of types must find: a field that no model has, and text where a number is.

/** @param {import("#models").MetricsSnapshot} snapshot */
export function planted(snapshot) {
  const depth = snapshot.system.queue_dept;
  return depth + snapshot.dag.nodes[0].node_name.toFixed(2);
}
