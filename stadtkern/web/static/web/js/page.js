// What every page needs: theme switch and menu on small screens.
import { startTheme } from "./theme.js";
import { startMenu } from "./menu.js";

startTheme(document.getElementById("sk-theme"));
startMenu(document.querySelector(".sk-menu-button"));
