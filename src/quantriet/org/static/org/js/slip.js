// The code of a slip read from a QR code stands behind the # of the address, where no server sees it: it is put into the
// field and taken out of the address, which the browser would else remember.
const field = document.querySelector("[data-slip] input[name=code]");
const code = decodeURIComponent(location.hash.slice(1)).slice(0, 40);
if (field && /^[a-z0-9-]{8,}$/i.test(code)) {
  field.value = code;
  history.replaceState(null, "", location.pathname + location.search);
  document.querySelector("[data-slip] button[type=submit]")?.focus();
}
