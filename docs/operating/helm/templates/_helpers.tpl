{{- define "greenlit.labels" -}}
app.kubernetes.io/name: greenlit
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "greenlit.image" -}}
image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
imagePullPolicy: {{ .Values.image.pullPolicy }}
{{- end }}

{{- /* The image's own user, and nothing that a container does not need. */}}
{{- define "greenlit.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "greenlit.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- define "greenlit.places" -}}
- {name: GREENLIT_LIBRARY, value: /library}
- {name: GREENLIT_BUILDS, value: {{ .Values.builds | quote }}}
- {name: GREENLIT_STATE, value: /state}
{{- end }}

{{- define "greenlit.settings" -}}
{{- range $name, $value := . }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end }}
