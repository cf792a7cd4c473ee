import zhCN from "antd/es/locale/zh_CN";
import dayjs from "dayjs";
import "dayjs/locale/zh-cn";
import { zh } from "./zh";

dayjs.locale("zh-cn");
export const texts = zh;
export const antd = zhCN;
