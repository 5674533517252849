// Says in time that the session ends and prolongs it with one tap; typed words stay in this tab (keep.js) either way.
const { sessionSeconds, sessionUrl } = document.body.dataset;
const words = document.getElementById("ui-words")?.dataset ?? {};
const WARN = 180;

if (Number(sessionSeconds) > 0) {
  let ends = Date.now() + Number(sessionSeconds) * 1000;
  let notice = null;

  const say = (text, button) => {
    notice ??= document.body.appendChild(Object.assign(document.createElement("div"), { className: "session-notice" }));
    notice.setAttribute("role", "alert");
    const line = document.createElement("p");
    line.textContent = text;
    notice.replaceChildren(line, ...(button ? [button] : []));
  };

  // The server says how long the session lasts from here: it has an utmost age, which no tap prolongs.
  const prolong = (seconds) => { if (Number(seconds) > 0) ends = Date.now() + Number(seconds) * 1000; };

  const stay = async () => {
    try {
      const token = document.querySelector("input[name=csrfmiddlewaretoken]")?.value ?? "";
      const answer = await fetch(sessionUrl, { method: "POST", headers: { "X-CSRFToken": token }, credentials: "same-origin" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      prolong(answer.headers.get("X-Session-Seconds"));
      notice?.remove();
      notice = null;
      shownMinutes = 0;
    } catch {
      say(words.sessionOver ?? "");
    }
  };

  let shownMinutes = 0;
  const tick = () => {
    const left = (ends - Date.now()) / 1000;
    if (left <= 0) {
      say(words.sessionOver ?? "");
      return clearInterval(timer);
    }
    const minutes = Math.ceil(left / 60);
    if (left <= WARN && minutes !== shownMinutes) {
      shownMinutes = minutes;
      const button = Object.assign(document.createElement("button"), { type: "button", className: "button button--primary", textContent: words.sessionStay ?? "" });
      button.addEventListener("click", stay);
      say((words.sessionSoon ?? "").replace("{n}", String(minutes)), sessionUrl ? button : null);
    }
  };
  const timer = setInterval(tick, 5000);
  // Any answer from the server (htmx) has prolonged it too.
  document.addEventListener("htmx:afterOnLoad", (event) => prolong(event.detail?.xhr?.getResponseHeader("X-Session-Seconds")));
}
