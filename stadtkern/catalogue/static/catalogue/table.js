// Tables without a new page for each step: links and forms inside #view fetch the page and put its #view in place.
// Everything here also works as plain links and forms.
const VIEW = "view";
let running = null;

async function show(url, { push = true, focus = "" } = {}) {
  running?.abort();
  running = new AbortController();
  const view = document.getElementById(VIEW);
  view.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(url, { signal: running.signal, headers: { Accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(VIEW);
    if (!fresh) throw new Error(String(answer.status));
    if (push) history.pushState({}, "", answer.url);
    document.title = page.title;
    view.replaceWith(document.adoptNode(fresh));
    // scripts in a fragment do not run by themselves: the map's is the only one
    for (const script of fresh.querySelectorAll("script[type=module][src]")) import(script.src);
    start();
    const target = focus && document.getElementById(focus);
    if (target) target.focus({ preventScroll: true });
  } catch (error) {
    if (error.name !== "AbortError") location.assign(url);
  }
}

function isPlain(event) {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

function onClick(event) {
  const link = event.target.closest("a[href]");
  if (!link || !isPlain(event) || link.dataset.png !== undefined || link.download || link.target) return;
  const url = new URL(link.href);
  if (url.origin !== location.origin || url.pathname !== location.pathname || url.hash) return;
  event.preventDefault();
  show(url.href, { focus: link.id });
}

function onSubmit(event) {
  const form = event.target.closest("form[data-view]");
  if (!form) return;
  event.preventDefault();
  const facts = new FormData(form);
  const query = new URLSearchParams();
  const join = form.dataset.join;
  for (const [name, value] of facts) if (value !== "" && name !== join) query.append(name, value);
  if (join) query.set(join, facts.getAll(join).join(","));
  show(`${location.pathname}?${query}`, { focus: form.querySelector("[name]:not([type=hidden])")?.id });
}

/** Draw an SVG of ours on a canvas and hand it out as PNG. */
async function png(event) {
  event.preventDefault();
  const link = event.currentTarget;
  const picture = new Image();
  const text = await (await fetch(link.href)).text();
  picture.src = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  await picture.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth * 2, picture.naturalHeight * 2];
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(picture.src);
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/png"); });
  const away = document.createElement("a");
  Object.assign(away, { href: URL.createObjectURL(blob), download: link.download });
  away.click();
  URL.revokeObjectURL(away.href);
}

function start() {
  const view = document.getElementById(VIEW);
  view.addEventListener("click", onClick);
  view.addEventListener("submit", onSubmit);
  for (const item of view.querySelectorAll(".sk-png")) item.hidden = false;
  for (const link of view.querySelectorAll("[data-png]")) link.addEventListener("click", png);
}

addEventListener("popstate", () => { show(location.href, { push: false }); });
start();
