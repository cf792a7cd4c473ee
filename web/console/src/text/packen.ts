import enUS from "antd/es/locale/en_US";
import dayjs from "dayjs";
import { en } from "./en";

dayjs.locale("en");
export const texts = en;
export const antd = enUS;
