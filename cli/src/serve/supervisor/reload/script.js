// In development alone: `orcs serve` says when this page's files have changed.
(() => {
  const stream = new EventSource(new URL("/_orcs/reload", document.currentScript.src));
  let bar;
  const hide = () => {
    bar?.remove();
    bar = undefined;
  };
  stream.addEventListener("reload", () => location.reload());
  stream.addEventListener("ok", hide);
  // The stream's own failures are called `error` as well, and have no data.
  stream.addEventListener("error", ({ data }) => {
    if (!data) return;
    const { headline, excerpt } = JSON.parse(data);
    hide();
    bar = document.createElement("pre");
    bar.id = "orcs-error";
    bar.textContent = `${headline}\n${excerpt}`;
    Object.assign(bar.style, {
      position: "fixed",
      inset: "auto 0 0 0",
      zIndex: 2147483647,
      margin: 0,
      padding: "0.6em 1em",
      maxHeight: "40vh",
      overflow: "auto",
      background: "#2b1113",
      color: "#ffd9d6",
      borderTop: "2px solid #e5534b",
      font: "12px/1.4 ui-monospace, monospace",
    });
    bar.title = "Click to hide";
    bar.addEventListener("click", hide);
    document.body.append(bar);
  });
})();
