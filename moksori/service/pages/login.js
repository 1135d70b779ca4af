// Log in, or register first; the tokens are cookies that no script sees.

import { api, busy, one } from "./page.js";

const form = one("#login");
form?.addEventListener("submit", busy(form, async (event) => {
  const { email, password } = form.elements;
  const account = { email: email.value, password: password.value };
  if (event.submitter?.value === "register") await api("POST", "/api/v1/auth/register", account);
  await api("POST", "/api/v1/auth/token", { ...account, cookie: true });
  location.assign("/");
}));
