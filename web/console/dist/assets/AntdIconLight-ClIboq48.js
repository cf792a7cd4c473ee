import{r as e}from"./rolldown-runtime-XKyaHtl9.js";import{n as t}from"./jsx-runtime-C3cWAN_r.js";var n=e(t()),r=2**53-1,i=[];function a({prepend:e,priority:t=0}){return e===`queue`?t:e?-(2**53-1):r}function o(e,t,n){let r=new CSSStyleSheet;r.replaceSync(t);let o={key:e,rank:a(n),css:t,sheet:r,handle:document.createElement(`style`)},s=i.findIndex(e=>e.rank>o.rank),c=s<0?i.length:s;return i.splice(c,0,o),document.adoptedStyleSheets.splice(c,0,r),o.handle}function s(e,t,n={}){let r=i.find(e=>e.key===t);return r?(r.css!==e&&(r.css=e,r.sheet.replaceSync(e)),r.handle):o(t,e,n)}function c(e){let t=i.findIndex(t=>t.key===e);t<0||(i.splice(t,1),document.adoptedStyleSheets.splice(t,1))}function l(){return null}function u(e){var t,n,r=``;if(typeof e==`string`||typeof e==`number`)r+=e;else if(typeof e==`object`){if(Array.isArray(e)){var i=e.length;for(t=0;t<i;t++)e[t]&&(n=u(e[t]))&&(r&&(r+=` `),r+=n)}else for(n in e)e[n]&&(r&&(r+=` `),r+=n)}return r}function d(){for(var e,t,n=0,r=``,i=arguments.length;n<i;n++)(e=arguments[n])&&(t=u(e))&&(r&&(r+=` `),r+=t);return r}var f=(0,n.createContext)({});function p(e){return e.replace(/-(.)/g,(e,t)=>t.toUpperCase())}function m(e,t){`${t}`}function h(e){return typeof e==`object`&&!!e&&typeof e.name==`string`&&typeof e.theme==`string`&&(typeof e.icon==`object`||typeof e.icon==`function`)}function g(e={}){return Object.keys(e).reduce((t,n)=>{let r=e[n];switch(n){case`class`:t.className=r,delete t.class;break;default:delete t[n],t[p(n)]=r}return t},{})}function _(e,t,r){return r?n.createElement(e.tag,{key:t,...g(e.attrs),...r},(e.children||[]).map((n,r)=>_(n,`${t}-${e.tag}-${r}`))):n.createElement(e.tag,{key:t,...g(e.attrs)},(e.children||[]).map((n,r)=>_(n,`${t}-${e.tag}-${r}`)))}var v=`
.anticon {
  display: inline-flex;
  align-items: center;
  color: inherit;
  font-style: normal;
  line-height: 0;
  text-align: center;
  text-transform: none;
  vertical-align: -0.125em;
  text-rendering: optimizeLegibility;
  -webkit-font-smoothing: antialiased;
  -moz-osx-font-smoothing: grayscale;
}

.anticon > * {
  line-height: 1;
}

.anticon svg {
  display: inline-block;
  vertical-align: inherit;
}

.anticon::before {
  display: none;
}

.anticon .anticon-icon {
  display: block;
}

.anticon[tabindex] {
  cursor: pointer;
}

.anticon-spin {
  -webkit-animation: loadingCircle 1s infinite linear;
  animation: loadingCircle 1s infinite linear;
}

@-webkit-keyframes loadingCircle {
  100% {
    -webkit-transform: rotate(360deg);
    transform: rotate(360deg);
  }
}

@keyframes loadingCircle {
  100% {
    -webkit-transform: rotate(360deg);
    transform: rotate(360deg);
  }
}
`,y=e=>{let{csp:t,prefixCls:r,layer:i,zeroRuntime:a}=(0,n.useContext)(f),o=v;r&&(o=o.replace(/anticon/g,r)),i&&(o=`@layer ${i} {\n${o}\n}`),(0,n.useEffect)(()=>{if(a)return;let n=e.current,r=l(n);s(o,`@ant-design-icons`,{prepend:!i,csp:t,attachTo:r})},[])},b=e=>{let{icon:t,className:r,onClick:i,style:a,primaryColor:o,secondaryColor:s,...c}=e,l=n.useRef(null);if(y(l),m(h(t),`icon should be icon definiton, but got ${typeof t}`),!h(t))return null;let u=t;return _(u.icon,`svg-${u.name}`,{className:r,onClick:i,style:a,"data-icon":u.name,width:`1em`,height:`1em`,fill:`currentColor`,"aria-hidden":`true`,...c,ref:l})};b.displayName=`IconReact`;function x(){return x=Object.assign?Object.assign.bind():function(e){for(var t=1;t<arguments.length;t++){var n=arguments[t];for(var r in n)Object.prototype.hasOwnProperty.call(n,r)&&(e[r]=n[r])}return e},x.apply(this,arguments)}var S=n.forwardRef((e,t)=>{let{className:r,icon:i,spin:a,rotate:o,tabIndex:s,onClick:c,twoToneColor:l,...u}=e,{prefixCls:p=`anticon`,rootClassName:g}=n.useContext(f);if(m(h(i),`icon should be icon definiton, but got ${typeof i}`),!h(i))return null;let _=d(g,p,{[`${p}-${i.name}`]:!!i.name,[`${p}-spin`]:!!a||i.name===`loading`},r),v=s;v===void 0&&c&&(v=-1);let y=o?{msTransform:`rotate(${o}deg)`,transform:`rotate(${o}deg)`}:void 0;return n.createElement(`span`,x({role:`img`,"aria-label":i.name},u,{ref:t,tabIndex:v,onClick:c,className:_}),n.createElement(b,{icon:i,style:y}))});export{s as a,c as i,f as n,d as r,S as t};