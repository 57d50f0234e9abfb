package store
import ("testing";"time";"context";"os";"threatbench/api";"fmt";"runtime")
func TestSmoke(t *testing.T){
 n:=50000
 if s:=os.Getenv("SMOKE_N");s!=""{fmt.Sscan(s,&n)}
 path:=os.Getenv("SMOKE_DB")
 if path==""{path=t.TempDir()+"/x.db"}
 t0:=time.Now()
 d:=openAt(t,path,Options{})
 t.Log("open",time.Since(t0))
 t0=time.Now()
 p:=listed(t,d,api.ListQuery{})
 t.Log("first page",time.Since(t0),p.Info)
 if p.Info.TotalCount==0{ t0=time.Now(); fill(t,d,n); el:=time.Since(t0); t.Log("fill",el, float64(n)/el.Seconds())}
 st,_:=os.Stat(path); t.Log("size MB",st.Size()>>20)
 run:=func(name string,f func()){ var best time.Duration=1<<62; var first time.Duration; for i:=0;i<4;i++{t0:=time.Now();f();e:=time.Since(t0);if i==0{first=e};best=min(best,e)}; t.Logf("%-40s first %v best %v",name,first,best)}
 ctx:=context.Background()
 c:=func(f api.Field,op api.Op,v ...string) api.Condition{return api.Condition{Field:f,Op:op,Values:v}}
 k:=0
 run("newest 100, one filter",func(){k++;p=listed(t,d,api.ListQuery{Search:[]api.Condition{c("category","equals",fmt.Sprint("category ",k))}})}); t.Log(p.Info.TotalCount)
 run("newest 100 all",func(){p=listed(t,d,api.ListQuery{})})
 run("rare substring",func(){k++;p=listed(t,d,api.ListQuery{Search:[]api.Condition{c("event","contains",fmt.Sprint("job ab",k))}})}); t.Log(p.Info.TotalCount)
 run("common substring",func(){k++;p=listed(t,d,api.ListQuery{Search:[]api.Condition{c("event","contains",fmt.Sprint("observed client ",k%10))}})}); t.Log(p.Info.TotalCount)
 run("everything substring",func(){k++;p=listed(t,d,api.ListQuery{Search:[]api.Condition{c("event","find",fmt.Sprint("observed over s",k%10, " contacting")[:19])}})}); t.Log(p.Info.TotalCount)
 run("two letters",func(){k++;p=listed(t,d,api.ListQuery{Search:[]api.Condition{c("event","contains",fmt.Sprint(k%10,"a"))}})}); t.Log(p.Info.TotalCount)
 run("indicator equals",func(){k++;p=listed(t,d,api.ListQuery{Search:[]api.Condition{c("indicator","equals",p.Events[k%90].Indicator)}}); p=listed(t,d,api.ListQuery{})})
 for _,o:=range []string{"attacker","event","tags","killChain","uuid"}{
 run("order "+o,func(){p=listed(t,d,api.ListQuery{OrderBy:o,Order:"asc"})})}
 q:=api.ListQuery{Page:5,PageSize:25000-1}
 run("page 5 of 25000",func(){p=listed(t,d,q)})
 cur:=p.Info.Cursor
 if cur!=""{run("cursor",func(){p=listed(t,d,api.ListQuery{Cursor:cur,PageSize:100})})}
 facets:=[]string{"attacker","category","attackerCountry","targetCountry","targetIndustry","indicatorType","tlp","tags"}
 for name,qq:=range map[string]api.ListQuery{"45k":{Search:[]api.Condition{c("category","equals","category 3")}},"all":{}}{
 run("8 facets "+name,func(){s,_:=d.Select(ctx,testAccount,qq);defer s.Close();for _,f:=range facets{ if _,err:=s.GroupBy(ctx,GroupQuery{Columns:[]string{f},Limit:10});err!=nil{t.Fatal(err)}}})}
 run("two columns",func(){s,_:=d.Select(ctx,testAccount,api.ListQuery{});defer s.Close();g,_:=s.GroupBy(ctx,GroupQuery{Columns:[]string{"attacker","targetIndustry"}});_=g})
 run("by day",func(){s,_:=d.Select(ctx,testAccount,api.ListQuery{});defer s.Close();g,_:=s.Timeline(ctx,400,"day");_=g})
 runtime.GC(); var m runtime.MemStats; runtime.ReadMemStats(&m); t.Log("heap MB",m.HeapAlloc>>20,"sys",m.Sys>>20)
 b,_:=os.ReadFile("/proc/self/status"); for _,l:=range []string{"VmHWM","VmRSS"}{ for i:=0;i<len(b)-5;i++{ if string(b[i:i+5])==l{t.Log(string(b[i:i+24]));break}}}
}
